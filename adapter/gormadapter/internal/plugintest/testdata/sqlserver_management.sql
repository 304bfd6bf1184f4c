-- LockUser
BEGIN
UPDATE "user" SET "name"="name" WHERE "user"."id" = @p1 AND CAST(CAST("user"."id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
COMMIT
-- ForgetTokens
BEGIN
UPDATE "account" SET "access_token"=@p1,"expires_at"=@p2,"id_token"=@p3,"refresh_token"=@p4 WHERE ("account"."provider" = @p5 AND CAST(CAST("account"."provider" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p6 AS nvarchar(4000)) AS varbinary(8000))) AND ("account"."provider_account_id" = @p7 AND CAST(CAST("account"."provider_account_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p8 AS nvarchar(4000)) AS varbinary(8000)))
COMMIT
-- Sessions
SELECT * FROM "session" WHERE 0 = 1
SELECT "session"."id","session"."user_id","session"."expires","session"."session_token" FROM "session" WHERE "session"."user_id" = @p1 AND CAST(CAST("session"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
-- DeleteSessions
BEGIN
DELETE FROM "session" WHERE "session"."user_id" = @p1 AND CAST(CAST("session"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
COMMIT
-- DeleteSessions, all but one
BEGIN
DELETE FROM "session" WHERE ("session"."user_id" = @p1 AND CAST(CAST("session"."user_id" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))) AND NOT (("session"."session_token" = @p3 AND CAST(CAST("session"."session_token" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p4 AS nvarchar(4000)) AS varbinary(8000))))
COMMIT
-- DeleteVerificationTokens
BEGIN
DELETE FROM "verification_token" WHERE "verification_token"."identifier" = @p1 AND CAST(CAST("verification_token"."identifier" AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(@p2 AS nvarchar(4000)) AS varbinary(8000))
COMMIT
