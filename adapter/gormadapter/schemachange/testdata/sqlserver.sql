-- create table user
CREATE TABLE [user] (
	[id] nvarchar(255) NOT NULL,
	[name] nvarchar(255) NULL,
	[email] nvarchar(255) NULL,
	[email_verified] datetime2 NULL,
	[image] nvarchar(2048) NULL,
	[role] nvarchar(20) NOT NULL CONSTRAINT [user_role_default] DEFAULT 'ADMIN',
	[phone] nvarchar(40) NULL,
	[nick] nvarchar(40) NULL,
	[level] bigint NOT NULL CONSTRAINT [user_level_default] DEFAULT 10,
	[active] bit NOT NULL CONSTRAINT [user_active_default] DEFAULT 1,
	[balance] decimal(10, 2) NOT NULL CONSTRAINT [user_balance_default] DEFAULT 0,
	[note] nvarchar(MAX) NULL,
	[seen] datetime2 NULL,
	[key] varbinary(64) NULL,
	[small] smallint NULL,
	[quote] nvarchar(20) NOT NULL CONSTRAINT [user_quote_default] DEFAULT 'it''s',
	[empty] nvarchar(20) NOT NULL CONSTRAINT [user_empty_default] DEFAULT '',
	[boss_id] nvarchar(255) NULL,
	[team_id] bigint NULL,
	CONSTRAINT [user_pkey] PRIMARY KEY ([id]),
	CONSTRAINT [person_role] CHECK (role IN ('ADMIN', 'TRIAL'))
);
-- create index uni_user_phone
CREATE UNIQUE INDEX [uni_user_phone] ON [user] ([phone]) WHERE [phone] IS NOT NULL;
-- create index user_email_unique
CREATE UNIQUE INDEX [user_email_unique] ON [user] ([email]) WHERE [email] IS NOT NULL;
-- create index idx_user_nick
CREATE UNIQUE INDEX [idx_user_nick] ON [user] ([nick]) WHERE [nick] IS NOT NULL;
-- create index idx_user_level
CREATE INDEX [idx_user_level] ON [user] ([level] DESC);
-- create table session
CREATE TABLE [session] (
	[id] nvarchar(255) NOT NULL,
	[user_id] nvarchar(255) NOT NULL,
	[expires] datetime2 NOT NULL,
	[session_token] nvarchar(255) NOT NULL,
	[created_at] datetime2 NULL,
	[auth_time] datetime2 NULL,
	[seen_at] datetime2 NULL,
	[methods] nvarchar(64) NULL,
	[level] smallint NULL,
	[ip] nvarchar(45) NULL,
	[user_agent] nvarchar(255) NULL,
	CONSTRAINT [session_pkey] PRIMARY KEY ([id])
);
-- create index session_user_id_index
CREATE INDEX [session_user_id_index] ON [session] ([user_id]);
-- create index session_session_token_unique
CREATE UNIQUE INDEX [session_session_token_unique] ON [session] ([session_token]);
-- create table account
CREATE TABLE [account] (
	[id] nvarchar(255) NOT NULL,
	[user_id] nvarchar(255) NOT NULL,
	[type] nvarchar(255) NOT NULL,
	[provider] nvarchar(255) NOT NULL,
	[provider_account_id] nvarchar(255) NOT NULL,
	[refresh_token] nvarchar(MAX) NULL,
	[access_token] nvarchar(MAX) NULL,
	[expires_at] bigint NULL,
	[token_type] nvarchar(255) NULL,
	[scope] nvarchar(MAX) NULL,
	[id_token] nvarchar(MAX) NULL,
	[session_state] nvarchar(MAX) NULL,
	CONSTRAINT [account_pkey] PRIMARY KEY ([id])
);
-- create index account_user_id_index
CREATE INDEX [account_user_id_index] ON [account] ([user_id]);
-- create index account_provider_provider_account_id_unique
CREATE UNIQUE INDEX [account_provider_provider_account_id_unique] ON [account] ([provider], [provider_account_id]);
-- create table verification_token
CREATE TABLE [verification_token] (
	[token] nvarchar(255) NOT NULL,
	[expires] datetime2 NOT NULL,
	[identifier] nvarchar(255) NOT NULL,
	CONSTRAINT [verification_token_pkey] PRIMARY KEY ([token])
);
-- create index verification_token_token_identifier_unique
CREATE UNIQUE INDEX [verification_token_token_identifier_unique] ON [verification_token] ([token], [identifier]);
-- create table authenticator
CREATE TABLE [authenticator] (
	[user_id] nvarchar(255) NOT NULL,
	[credential_id] nvarchar(512) NOT NULL,
	[provider_account_id] nvarchar(512) NOT NULL,
	[credential_public_key] nvarchar(MAX) NOT NULL,
	[counter] bigint NOT NULL,
	[credential_device_type] nvarchar(255) NOT NULL,
	[credential_backed_up] bit NOT NULL,
	[transports] nvarchar(255) NULL,
	CONSTRAINT [authenticator_pkey] PRIMARY KEY NONCLUSTERED ([user_id], [credential_id])
);
-- create index authenticator_credential_id_unique
CREATE UNIQUE INDEX [authenticator_credential_id_unique] ON [authenticator] ([credential_id]);
-- create table throttle
CREATE TABLE [throttle] (
	[key] nvarchar(64) NOT NULL,
	[tat] bigint NOT NULL,
	CONSTRAINT [throttle_pkey] PRIMARY KEY ([key])
);
-- create index throttle_tat_index
CREATE INDEX [throttle_tat_index] ON [throttle] ([tat]);
-- create table factor
CREATE TABLE [factor] (
	[id] nvarchar(64) NOT NULL,
	[user_id] nvarchar(255) NOT NULL,
	[kind] nvarchar(16) NOT NULL,
	[name] nvarchar(64) NOT NULL,
	[secret] nvarchar(MAX) NOT NULL,
	[last_step] bigint NOT NULL,
	[created_at] datetime2 NOT NULL,
	[last_used_at] datetime2 NULL,
	CONSTRAINT [factor_pkey] PRIMARY KEY ([id])
);
-- create index factor_user_id_index
CREATE INDEX [factor_user_id_index] ON [factor] ([user_id]);
-- create table recovery_code
CREATE TABLE [recovery_code] (
	[user_id] nvarchar(255) NOT NULL,
	[hash] nvarchar(64) NOT NULL,
	CONSTRAINT [recovery_code_pkey] PRIMARY KEY ([user_id], [hash])
);
-- create table user_password
CREATE TABLE [user_password] (
	[user_id] nvarchar(255) NOT NULL,
	[hash] nvarchar(255) NOT NULL,
	[changed_at] datetime2 NOT NULL,
	CONSTRAINT [user_password_pkey] PRIMARY KEY ([user_id])
);
-- create table teams
CREATE TABLE [teams] (
	[id] bigint IDENTITY(1,1) NOT NULL,
	[name] nvarchar(40) NOT NULL,
	CONSTRAINT [teams_pkey] PRIMARY KEY ([id])
);
-- create index idx_teams_name
CREATE UNIQUE INDEX [idx_teams_name] ON [teams] ([name]);
-- create table arrivals
CREATE TABLE [arrivals] (
	[id] bigint IDENTITY(1,1) NOT NULL,
	[at] datetime2 NOT NULL CONSTRAINT [arrivals_at_default] DEFAULT CURRENT_TIMESTAMP,
	CONSTRAINT [arrivals_pkey] PRIMARY KEY ([id])
);
-- create table likes
CREATE TABLE [likes] (
	[person_id] nvarchar(255) NOT NULL,
	[team_id] bigint NOT NULL,
	CONSTRAINT [likes_pkey] PRIMARY KEY ([person_id], [team_id])
);
-- create foreign key fk_user_boss
ALTER TABLE [user] ADD CONSTRAINT [fk_user_boss] FOREIGN KEY ([boss_id]) REFERENCES [user] ([id]);
-- create foreign key fk_user_team
ALTER TABLE [user] ADD CONSTRAINT [fk_user_team] FOREIGN KEY ([team_id]) REFERENCES [teams] ([id]);
-- create foreign key session_user_id_foreign
ALTER TABLE [session] ADD CONSTRAINT [session_user_id_foreign] FOREIGN KEY ([user_id]) REFERENCES [user] ([id]) ON UPDATE CASCADE ON DELETE CASCADE;
-- create foreign key account_user_id_foreign
ALTER TABLE [account] ADD CONSTRAINT [account_user_id_foreign] FOREIGN KEY ([user_id]) REFERENCES [user] ([id]) ON UPDATE CASCADE ON DELETE CASCADE;
-- create foreign key authenticator_user_id_foreign
ALTER TABLE [authenticator] ADD CONSTRAINT [authenticator_user_id_foreign] FOREIGN KEY ([user_id]) REFERENCES [user] ([id]) ON UPDATE CASCADE ON DELETE CASCADE;
-- create foreign key factor_user_id_foreign
ALTER TABLE [factor] ADD CONSTRAINT [factor_user_id_foreign] FOREIGN KEY ([user_id]) REFERENCES [user] ([id]) ON UPDATE CASCADE ON DELETE CASCADE;
-- create foreign key recovery_code_user_id_foreign
ALTER TABLE [recovery_code] ADD CONSTRAINT [recovery_code_user_id_foreign] FOREIGN KEY ([user_id]) REFERENCES [user] ([id]) ON UPDATE CASCADE ON DELETE CASCADE;
-- create foreign key user_password_user_id_foreign
ALTER TABLE [user_password] ADD CONSTRAINT [user_password_user_id_foreign] FOREIGN KEY ([user_id]) REFERENCES [user] ([id]) ON UPDATE CASCADE ON DELETE CASCADE;
-- create foreign key fk_likes_person
ALTER TABLE [likes] ADD CONSTRAINT [fk_likes_person] FOREIGN KEY ([person_id]) REFERENCES [user] ([id]);
-- create foreign key fk_likes_team
ALTER TABLE [likes] ADD CONSTRAINT [fk_likes_team] FOREIGN KEY ([team_id]) REFERENCES [teams] ([id]);
