// SPDX-License-Identifier: Apache-2.0

// Writes src/api/schema.ts from the desk's OpenAPI document. With --check it only
// says whether the file is what it would write.
import { readFileSync, writeFileSync } from "node:fs";

const source = new URL("../../api/internal/native/openapi.json", import.meta.url);
const target = new URL("../src/api/schema.ts", import.meta.url);
const document = JSON.parse(readFileSync(source, "utf8"));

/** The members of an object schema, one a line. */
function members(schema, indent) {
  const required = new Set(schema.required ?? []);
  const inner = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const comment = member.description ? `${inner}/** ${member.description} */\n` : "";
    return `${comment}${inner}${/^\w+$/.test(name) ? name : JSON.stringify(name)}${required.has(name) ? "" : "?"}: ${typeOf(member, inner)};\n`;
  });
  for (const name of required) {
    if (!schema.properties?.[name]) lines.push(`${inner}${name}: unknown;\n`);
  }
  return lines.join("");
}

function objectType(schema, indent) {
  const rest = schema.additionalProperties;
  const open = rest && typeof rest === "object" ? typeOf(rest, indent) : "unknown";
  if (!schema.properties && !schema.required) return `Record<string, ${open}>`;
  return `{\n${members(schema, indent)}${indent}}`;
}

const plain = { string: () => "string", integer: () => "number", number: () => "number", boolean: () => "boolean" };

function bareType(schema, indent) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, indent)).join(" & ");
  if (schema.anyOf) return schema.anyOf.map((part) => typeOf(part, indent)).join(" | ");
  if (schema.type === "array") return `(${typeOf(schema.items, indent)})[]`;
  if (schema.type === "object") return objectType(schema, indent);
  return plain[schema.type]?.() ?? "unknown";
}

function typeOf(schema, indent) {
  const bare = bareType(schema, indent);
  return schema.nullable && bare !== "unknown" ? `(${bare}) | null` : bare;
}

function parameter(value) {
  return value.$ref ? document.components.parameters[value.$ref.split("/").at(-1)] : value;
}

/** The query parameters of each path. */
function paths() {
  return Object.entries(document.paths).map(([path, item]) => {
    const all = Object.values(item).flatMap((operation) => operation.parameters ?? []);
    const query = all.map(parameter).filter((p) => p.in === "query");
    const lines = query.map((p) => `    ${p.name}?: ${typeOf(p.schema, "    ")};\n`);
    return `  ${JSON.stringify(path)}: {\n${lines.join("")}  };\n`;
  });
}

const schemas = Object.entries(document.components.schemas).map(([name, schema]) => {
  const comment = schema.description ? `/** ${schema.description} */\n` : "";
  return `${comment}export type ${name} = ${typeOf(schema, "")};\n`;
});

const text = `// SPDX-License-Identifier: Apache-2.0

// Made by scripts/types.mjs from the desk's OpenAPI document.

${schemas.join("\n")}
/** The query parameters of each path. */
export type Asked = {
${paths().join("")}};
`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("src/api/schema.ts is not what the OpenAPI document says: run npm run types");
  process.exit(1);
}
