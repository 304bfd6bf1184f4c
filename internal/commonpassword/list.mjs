// Writes list.txt.gz: the common passwords of @zxcvbn-ts/language-common 4.1.3 (MIT, see LICENSE),
// in lower case, sorted by their bytes, one a line. Run it with Node.js, in a folder where that
// package is installed.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import passwords from "./node_modules/@zxcvbn-ts/language-common/dist/passwords.json.mjs";

const words = [...new Set(passwords.map((p) => p.toLowerCase()))].map((p) => Buffer.from(p)).sort(Buffer.compare);
writeFileSync("list.txt.gz", gzipSync(Buffer.from(words.join("\n") + "\n"), { level: 9 }));
