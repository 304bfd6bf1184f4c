// Writes hashes.json: hashes that other systems made. Run it with Node.js after npm install here.
// Django comes from the Debian package python3-django: without it, its hashes are missing.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { hashPassword } from "@better-auth/utils/password";
import argon2 from "argon2";
import bcrypt from "bcrypt";
import bcryptjs from "bcryptjs";
import { FirebaseScrypt } from "firebase-scrypt";

const versions = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies;
const named = (name) => `npm ${name} ${versions[name]}`;

// The last one is not normalized: it has a combining accent, a full-width letter and a ligature.
const passwords = ["correct horse battery staple", "", "pässwörd ✓ 密码", "Zoe\u0308 \uff21 \ufb01"];

const firebase = {
  signerKey: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
  saltSeparator: "Bw==",
  rounds: 8,
  memCost: 14,
};
const argon2Options = (options) => ({ memoryCost: 8192, timeCost: 2, parallelism: 1, ...options });

const makers = [
  [named("@better-auth/utils"), "better-auth", (p) => hashPassword(p)],
  [named("bcrypt"), "bcrypt", (p) => bcrypt.hash(p, 5)],
  [named("bcryptjs"), "bcrypt", (p) => bcryptjs.hash(p, 5)],
  // PHP, and so Laravel, writes 2y.
  [`${named("bcrypt")}, named as PHP does`, "bcrypt", async (p) => (await bcrypt.hash(p, 5)).replace("$2b$", "$2y$")],
  [named("argon2"), "argon2id", (p) => argon2.hash(p, argon2Options())],
  [`${named("argon2")}, 4 threads`, "argon2id", (p) => argon2.hash(p, argon2Options({ parallelism: 4 }))],
  [named("argon2"), "argon2i", (p) => argon2.hash(p, argon2Options({ type: argon2.argon2i }))],
];

const hashes = [];
for (const [source, kind, hash] of makers) {
  for (const password of passwords) {
    hashes.push({ source, kind, password, hash: await hash(password) });
  }
}
// The parameters above and this hash are those of the README of github.com/firebase/scrypt.
hashes.push({
  source: "README of github.com/firebase/scrypt",
  kind: "firebase",
  password: "user1password",
  salt: "42xEC+ixf3L2lw==",
  hash: "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
});
const scrypt = new FirebaseScrypt(firebase);
for (const password of passwords.filter((p) => p !== "")) {
  const salt = "42xEC+ixf3L2lw==";
  const hash = await scrypt.hash(password, salt);
  hashes.push({ source: named("firebase-scrypt"), kind: "firebase", password, salt, hash });
}

const django = `
import json, sys, django
from django.conf import settings
settings.configure()
from django.contrib.auth.hashers import PBKDF2PasswordHasher
for p in json.loads(sys.argv[1]):
    h = PBKDF2PasswordHasher()
    print(json.dumps({"source": "Django " + django.get_version(), "kind": "django", "password": p,
                      "hash": h.encode(p, h.salt(), 1000)}))
`;
const lines = execFileSync("/usr/bin/python3", ["-c", django, JSON.stringify(passwords)], { encoding: "utf8" });
hashes.push(...lines.trim().split("\n").map((line) => JSON.parse(line)));

writeFileSync(new URL("hashes.json", import.meta.url), JSON.stringify({ firebase, hashes }, null, 1) + "\n");
