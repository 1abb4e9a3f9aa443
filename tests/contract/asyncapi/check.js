// What is wrong with an AsyncAPI document, and with records by its schemas: a line each, and exit status 1.
'use strict';

const fs = require('node:fs');
const {Parser} = require('@asyncapi/parser');
const Ajv = require('ajv');
const addFormats = require('ajv-formats');

const ERROR = 0; // severity of a diagnostic; below it is advice

async function main([file, records]) {
  const wrong = [];
  const {document, diagnostics} = await new Parser().parse(fs.readFileSync(file, 'utf8'));
  for (const one of diagnostics) {
    if (one.severity === ERROR) wrong.push(`${one.path.join('.')}: ${one.message}`);
  }
  if (document) {
    const validators = validatorsOf(document);
    const lines = records ? fs.readFileSync(records, 'utf8').split('\n').filter(Boolean) : [];
    for (const line of lines) wrong.push(...wrongWith(JSON.parse(line), validators));
    console.log(`AsyncAPI ${document.version()}: ${validators.size} messages, ${lines.length} records`);
  }
  for (const line of wrong) console.error(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

// By type of event: [what of a record, its validator].
function validatorsOf(document) {
  const ajv = addFormats(new Ajv({strict: false, allErrors: true}));
  return new Map(
    document.messages().all().map((message) => [
      message.name(),
      [
        ['headers', ajv.compile(message.headers().json())],
        ['value', ajv.compile(message.payload().json())],
      ],
    ]),
  );
}

function wrongWith(record, validators) {
  const type = record.headers.ce_type;
  if (!validators.has(type)) return [`no message is called ${type}`];
  return validators.get(type).flatMap(([what, validate]) =>
    validate(record[what]) ? [] : validate.errors.map((error) => `${type} ${what}${error.instancePath}: ${error.message}`),
  );
}

main(process.argv.slice(2));
