create table `user` (`id` varchar(255) not null, `name` varchar(255) null, `email` varchar(255) null default '', `email_verified` datetime null, `image` varchar(255) null, primary key (`id`)) default character set utf8mb4 engine = InnoDB;
alter table `user` add unique `user_email_unique`(`email`);

create table `session` (`id` varchar(255) not null, `user_id` varchar(255) not null, `expires` datetime not null, `session_token` varchar(255) not null, primary key (`id`)) default character set utf8mb4 engine = InnoDB;
alter table `session` add index `session_user_id_index`(`user_id`);
alter table `session` add unique `session_session_token_unique`(`session_token`);

create table `account` (`id` varchar(255) not null, `user_id` varchar(255) not null, `type` varchar(255) not null, `provider` varchar(255) not null, `provider_account_id` varchar(255) not null, `refresh_token` varchar(255) null, `access_token` varchar(255) null, `expires_at` int null, `token_type` varchar(255) null, `scope` varchar(255) null, `id_token` text null, `session_state` varchar(255) null, primary key (`id`)) default character set utf8mb4 engine = InnoDB;
alter table `account` add index `account_user_id_index`(`user_id`);
alter table `account` add unique `account_provider_provider_account_id_unique`(`provider`, `provider_account_id`);

create table `verification_token` (`token` varchar(255) not null, `expires` datetime not null, `identifier` varchar(255) not null, primary key (`token`)) default character set utf8mb4 engine = InnoDB;
alter table `verification_token` add unique `verification_token_token_identifier_unique`(`token`, `identifier`);

alter table `session` add constraint `session_user_id_foreign` foreign key (`user_id`) references `user` (`id`) on update cascade;

alter table `account` add constraint `account_user_id_foreign` foreign key (`user_id`) references `user` (`id`) on update cascade;
