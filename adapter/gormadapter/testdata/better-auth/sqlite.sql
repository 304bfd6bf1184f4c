create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique, "emailVerified" integer not null, "image" text, "createdAt" date not null, "updatedAt" date not null);

create table "session" ("id" text not null primary key, "expiresAt" date not null, "token" text not null unique, "createdAt" date not null, "updatedAt" date not null, "ipAddress" text, "userAgent" text, "userId" text not null references "user" ("id") on delete cascade);

create table "account" ("id" text not null primary key, "accountId" text not null, "providerId" text not null, "userId" text not null references "user" ("id") on delete cascade, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" date, "refreshTokenExpiresAt" date, "scope" text, "password" text, "createdAt" date not null, "updatedAt" date not null);

create table "verification" ("id" text not null primary key, "identifier" text not null, "value" text not null, "expiresAt" date not null, "createdAt" date not null, "updatedAt" date not null);

create index "session_userId_idx" on "session" ("userId");

create index "account_userId_idx" on "account" ("userId");

create index "verification_identifier_idx" on "verification" ("identifier");
insert into "user" ("id","name","email","emailVerified","image","createdAt","updatedAt") values ('T0irlUy32lVJ7ZCEWiJ3jJKFh3WCmKTg','Ada','ada@example.com',1,null,'2026-11-29T12:28:17.533Z','2026-11-29T12:28:17.563Z');
insert into "user" ("id","name","email","emailVerified","image","createdAt","updatedAt") values ('RhOKCyZcKYLZxEhukCY7sywjm2VwHzGz','Ben','ben@example.com',0,null,'2026-11-29T12:28:17.832Z','2026-11-29T12:28:17.832Z');
insert into "user" ("id","name","email","emailVerified","image","createdAt","updatedAt") values ('Q6xntZQZN7mM8p3437y9FY6I92T32JsF','Eve','eve@example.com',1,'https://example.com/eve.png','2026-11-29T12:28:17.843Z','2026-11-29T12:28:17.843Z');
insert into "account" ("id","accountId","providerId","userId","accessToken","refreshToken","idToken","accessTokenExpiresAt","refreshTokenExpiresAt","scope","password","createdAt","updatedAt") values ('btpFVsyBhHBj84qL669JftcHldH6f9Bm','T0irlUy32lVJ7ZCEWiJ3jJKFh3WCmKTg','credential','T0irlUy32lVJ7ZCEWiJ3jJKFh3WCmKTg',null,null,null,null,null,null,'0764edaca95a98cf8492f851acc184b5:0d2a775528bd03661c92d09aeaa6fab2171b8ee420f86ae209d475846b2e6fcc7fc81eb130fbc995e018bf0e2ac4069625f1bd2e7bfe5eb48673ef2443e6d2b5','2026-11-29T12:28:17.540Z','2026-11-29T12:28:17.540Z');
insert into "account" ("id","accountId","providerId","userId","accessToken","refreshToken","idToken","accessTokenExpiresAt","refreshTokenExpiresAt","scope","password","createdAt","updatedAt") values ('JcquRiItIVNFShjgwUHNE1TGakZEnIOU','583231','github','T0irlUy32lVJ7ZCEWiJ3jJKFh3WCmKTg',null,null,null,null,null,null,null,'2026-11-29T12:28:17.572Z','2026-11-29T12:28:17.572Z');
insert into "account" ("id","accountId","providerId","userId","accessToken","refreshToken","idToken","accessTokenExpiresAt","refreshTokenExpiresAt","scope","password","createdAt","updatedAt") values ('z7T5EBhnO1wYqhP6TAJwo8vO5UgN8iJJ','RhOKCyZcKYLZxEhukCY7sywjm2VwHzGz','credential','RhOKCyZcKYLZxEhukCY7sywjm2VwHzGz',null,null,null,null,null,null,'e6ef84a75d11200ef4ccd5d942b5b58e:33ecf6491b73ffba44b7f6fe6dc8eb32325269c44623f5a6b732fa80c2680de07bf511af80bc5bae0c390de5e5482c29095511a72188e08c4ab20ab131331043','2026-11-29T12:28:17.839Z','2026-11-29T12:28:17.839Z');
insert into "account" ("id","accountId","providerId","userId","accessToken","refreshToken","idToken","accessTokenExpiresAt","refreshTokenExpiresAt","scope","password","createdAt","updatedAt") values ('oUfRrGa8WPktJocuaiNmU6Q4DEzbzUbJ','1234567890','google','Q6xntZQZN7mM8p3437y9FY6I92T32JsF',null,null,null,null,null,null,null,'2026-11-29T12:28:17.844Z','2026-11-29T12:28:17.844Z');
