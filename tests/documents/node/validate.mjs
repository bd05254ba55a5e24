// Reads AsyncAPI documents with the parser of the AsyncAPI Initiative, and prints what it finds.
// Run:  node validate.mjs FILE...      ends with 1 if there is an error or a warning
import { readFile } from "node:fs/promises";

import { Parser } from "@asyncapi/parser";

const severities = ["error", "warning"]; // the parser counts from 0; 2 and 3 are information and hints
let found = 0;
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"));
  const problems = diagnostics.filter((diagnostic) => diagnostic.severity < severities.length);
  for (const problem of problems) {
    console.log(`${file}:${problem.range.start.line + 1}: ${severities[problem.severity]}: ${problem.message} (${problem.code})`);
  }
  found += problems.length;
  if (document) {
    console.log(`${file}: ${document.operations().all().length} operations, ${problems.length} errors and warnings`);
  } else if (problems.length === 0) {
    console.log(`${file}: error: no document`);
    found += 1;
  }
}
process.exit(found === 0 ? 0 : 1);
