-- CreateUser
BEGIN
INSERT INTO "user" ("id","name","email","email_verified","image") VALUES (@p1,@p2,@p3,@p4,@p5);
COMMIT
-- UserByID
SELECT "user"."id","user"."name","user"."email","user"."email_verified","user"."image" FROM "user" WHERE "user"."id" = @p1 AND CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
-- UserByEmail
SELECT "user"."id","user"."name","user"."email","user"."email_verified","user"."image" FROM "user" WHERE "user"."email" = @p1
-- UserByAccount
SELECT "user"."id","user"."name","user"."email","user"."email_verified","user"."image" FROM "user" JOIN "account" ON "account"."user_id" = "user"."id" AND CAST(CAST("account"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) WHERE ("account"."provider" = @p1 AND CAST(CAST("account"."provider" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))) AND ("account"."provider_account_id" = @p3 AND CAST(CAST("account"."provider_account_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p4 AS nvarchar(4000)) AS varbinary(8000)))
-- UpdateUser
BEGIN
UPDATE "user" SET "email"=@p1,"email_verified"=@p2,"image"=@p3,"name"=@p4 WHERE ("user"."id" = @p5 AND CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p6 AS nvarchar(4000)) AS varbinary(8000))) AND "id" = @p7
COMMIT
SELECT "user"."id","user"."name","user"."email","user"."email_verified","user"."image" FROM "user" WHERE "user"."id" = @p1 AND CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
-- LinkAccount
BEGIN
INSERT INTO "account" ("id","user_id","type","provider","provider_account_id","refresh_token","access_token","expires_at","token_type","scope","id_token","session_state") VALUES (@p1,@p2,@p3,@p4,@p5,@p6,@p7,@p8,@p9,@p10,@p11,@p12);
COMMIT
-- UpdateAccount
BEGIN
UPDATE "account" SET "scope"=@p1,"type"=@p2 WHERE ("account"."provider" = @p3 AND CAST(CAST("account"."provider" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p4 AS nvarchar(4000)) AS varbinary(8000))) AND ("account"."provider_account_id" = @p5 AND CAST(CAST("account"."provider_account_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p6 AS nvarchar(4000)) AS varbinary(8000)))
COMMIT
-- UnlinkAccount
BEGIN
DELETE FROM "account" WHERE ("account"."provider" = @p1 AND CAST(CAST("account"."provider" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))) AND ("account"."provider_account_id" = @p3 AND CAST(CAST("account"."provider_account_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p4 AS nvarchar(4000)) AS varbinary(8000)))
COMMIT
-- Accounts
SELECT "account"."id","account"."user_id","account"."type","account"."provider","account"."provider_account_id","account"."refresh_token","account"."access_token","account"."expires_at","account"."token_type","account"."scope","account"."id_token","account"."session_state" FROM "account" WHERE "account"."user_id" = @p1 AND CAST(CAST("account"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
-- CreateSession
SELECT * FROM "session" WHERE 0 = 1
BEGIN
INSERT INTO "session" ("id","user_id","expires","session_token") VALUES (@p1,@p2,@p3,@p4);
COMMIT
-- Session
SELECT "session"."session_token","session"."expires","session"."user_id","user"."id","user"."name","user"."email","user"."email_verified","user"."image" FROM "user" JOIN "session" ON "session"."user_id" = "user"."id" WHERE "session"."session_token" = @p1
-- RenewSession
UPDATE "session" SET "expires"=@p1 WHERE "session"."session_token" = @p2 AND CAST(CAST("session"."session_token" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p3 AS nvarchar(4000)) AS varbinary(8000))
-- DeleteSession
DELETE FROM "session" WHERE "session"."session_token" = @p1 AND CAST(CAST("session"."session_token" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
-- DeleteExpiredSessions
DELETE FROM "session" WHERE "session"."session_token" IN (SELECT TOP (@p1) "session_token" FROM "session" WHERE "expires" < @p2) AND "session"."expires" < @p3
-- CreateVerificationToken
INSERT INTO "verification_token" ("token","expires","identifier") VALUES (@p1,@p2,@p3);
-- ConsumeVerificationToken
DELETE FROM "verification_token" OUTPUT "DELETED"."expires" WHERE ("verification_token"."token" = @p1 AND CAST(CAST("verification_token"."token" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))) AND ("verification_token"."identifier" = @p3 AND CAST(CAST("verification_token"."identifier" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p4 AS nvarchar(4000)) AS varbinary(8000)))
-- DeleteExpiredVerificationTokens
DELETE FROM "verification_token" WHERE "verification_token"."token" IN (SELECT TOP (@p1) "token" FROM "verification_token" WHERE "expires" < @p2) AND "verification_token"."expires" < @p3
-- DeleteUser, in an inner transaction
BEGIN
SAVE TRANSACTION cardea1
SELECT DB_NAME() AS [Current Database]
SELECT count(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = @p1 AND TABLE_CATALOG = @p2 and TABLE_SCHEMA like @p3  AND TABLE_TYPE = @p4
SELECT DB_NAME() AS [Current Database]
SELECT count(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = @p1 AND TABLE_CATALOG = @p2 and TABLE_SCHEMA like @p3  AND TABLE_TYPE = @p4
UPDATE "user" SET "name"="name" WHERE "user"."id" = @p1 AND CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
DELETE FROM "session" WHERE "session"."user_id" = @p1 AND CAST(CAST("session"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
DELETE FROM "account" WHERE "account"."user_id" = @p1 AND CAST(CAST("account"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
DELETE FROM "user" WHERE "user"."id" = @p1 AND CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
COMMIT
