-- Times are Unix milliseconds. In the user table a missing value is NULL, so that any number of
-- users may have no e-mail address.

CREATE TABLE user (
	id             TEXT PRIMARY KEY NOT NULL,
	name           TEXT,
	email          TEXT UNIQUE,
	email_verified INTEGER,
	image          TEXT
);

CREATE TABLE account (
	user_id             TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
	type                TEXT NOT NULL,
	provider            TEXT NOT NULL,
	provider_account_id TEXT NOT NULL,
	refresh_token       TEXT NOT NULL,
	access_token        TEXT NOT NULL,
	expires_at          INTEGER NOT NULL,
	token_type          TEXT NOT NULL,
	scope               TEXT NOT NULL,
	id_token            TEXT NOT NULL,
	session_state       TEXT NOT NULL,
	PRIMARY KEY (provider, provider_account_id)
);

CREATE INDEX account_user ON account (user_id);

CREATE TABLE session (
	token   TEXT PRIMARY KEY NOT NULL,
	user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
	expires INTEGER NOT NULL
);

CREATE INDEX session_user ON session (user_id);

CREATE TABLE verification_token (
	token      TEXT PRIMARY KEY NOT NULL,
	identifier TEXT NOT NULL,
	expires    INTEGER NOT NULL
);

CREATE TABLE authenticator (
	credential_id          TEXT PRIMARY KEY NOT NULL,
	user_id                TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
	provider_account_id    TEXT NOT NULL,
	credential_public_key  TEXT NOT NULL,
	counter                INTEGER NOT NULL,
	credential_device_type TEXT NOT NULL,
	credential_backed_up   INTEGER NOT NULL,
	transports             TEXT NOT NULL
);

CREATE INDEX authenticator_user ON authenticator (user_id);
