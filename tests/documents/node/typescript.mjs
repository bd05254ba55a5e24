// Writes the TypeScript of a JSON Schema.
// Run:  node typescript.mjs SCHEMA.json OUTPUT.ts
import { writeFile } from "node:fs/promises";

import { compileFromFile } from "json-schema-to-typescript";

const [schema, output] = process.argv.slice(2);
// Without it every type would allow every member, and a misspelled one would be found by nobody.
const options = { additionalProperties: false, bannerComment: "", format: false };
await writeFile(output, await compileFromFile(schema, options));
