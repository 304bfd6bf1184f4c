CREATE TABLE [user] ([id] nvarchar(255) not null, [name] nvarchar(255) null, [email] nvarchar(255) null CONSTRAINT [user_email_default] DEFAULT '', [email_verified] datetime2 null, [image] nvarchar(255) null, CONSTRAINT [user_pkey] PRIMARY KEY ([id]));
CREATE UNIQUE INDEX [user_email_unique] ON [user] ([email]) WHERE [email] IS NOT NULL;

CREATE TABLE [session] ([id] nvarchar(255) not null, [user_id] nvarchar(255) not null, [expires] datetime2 not null, [session_token] nvarchar(255) not null, CONSTRAINT [session_pkey] PRIMARY KEY ([id]));
CREATE UNIQUE INDEX [session_session_token_unique] ON [session] ([session_token]) WHERE [session_token] IS NOT NULL;

CREATE TABLE [account] ([id] nvarchar(255) not null, [user_id] nvarchar(255) not null, [type] nvarchar(255) not null, [provider] nvarchar(255) not null, [provider_account_id] nvarchar(255) not null, [refresh_token] nvarchar(255) null, [access_token] nvarchar(255) null, [expires_at] int null, [token_type] nvarchar(255) null, [scope] nvarchar(255) null, [id_token] text null, [session_state] nvarchar(255) null, CONSTRAINT [account_pkey] PRIMARY KEY ([id]));
CREATE UNIQUE INDEX [account_provider_provider_account_id_unique] ON [account] ([provider], [provider_account_id]) WHERE [provider] IS NOT NULL AND [provider_account_id] IS NOT NULL;

CREATE TABLE [verification_token] ([token] varchar(255) not null, [expires] datetime2 not null, [identifier] nvarchar(255) not null, CONSTRAINT [verification_token_pkey] PRIMARY KEY ([token]));
CREATE UNIQUE INDEX [verification_token_token_identifier_unique] ON [verification_token] ([token], [identifier]) WHERE [token] IS NOT NULL AND [identifier] IS NOT NULL;

alter table [session] add constraint [session_user_id_foreign] foreign key ([user_id]) references [user] ([id]) on update cascade;

alter table [account] add constraint [account_user_id_foreign] foreign key ([user_id]) references [user] ([id]) on update cascade;
