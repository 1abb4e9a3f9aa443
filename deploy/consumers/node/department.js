// A department's own program: takes the offers that its department gets, and answers them.
//
// It knows nothing of the centre but the published contract: proto/shoujie/router/v1/tickets.asyncapi.yaml says what
// comes from Kafka, the protos beside it what can be answered. See deploy/consumers/README.md.
'use strict';

const fs = require('node:fs');
const {parseArgs} = require('node:util');
const {Kafka, logLevel} = require('kafkajs');
const {Centre, Refused, newRequestId} = require('./centre');
const {Ledger} = require('./ledger');

const SESSION_MS = 10_000; // a program that was killed holds its partitions for so long; longer than an attempt at an act
const ALL_ACTS = ['details', 'sign', 'progress', 'done'];
const USAGE = `usage: run --kafka HOST:PORT,… --server HOST:PORT --token-file FILE --department ID --state DIR
  --topic NAME        default shoujie.tickets.v1
  --group NAME        consumer group; default: the department's
  --token-file FILE   a token of a member of the department
  --state DIR         directory of what was taken; one for each program
  --act LIST          what is done with an offer, of: ${ALL_ACTS}
  --refuse CATEGORY   offers of it are refused; again for more
  --until-idle SECONDS  ends when nothing has come for so long`;

function wrong(what) {
  console.error(what);
  process.exit(64);
}

function readOptions() {
  const text = {type: 'string'};
  const options = {
    kafka: text, server: text, 'token-file': text, department: text, state: text, group: text, 'until-idle': text,
    topic: {type: 'string', default: 'shoujie.tickets.v1'},
    act: {type: 'string', default: ALL_ACTS.join(',')},
    refuse: {type: 'string', multiple: true, default: []},
    help: {type: 'boolean', default: false},
  };
  let given;
  try {
    given = parseArgs({options}).values;
  } catch (error) {
    wrong(`${error.message}\n${USAGE}`);
  }
  if (given.help) {
    console.log(USAGE);
    process.exit(0);
  }
  for (const name of ['kafka', 'server', 'token-file', 'department', 'state']) if (!given[name]) wrong(USAGE);
  const act = given.act.split(',');
  if (!act.every((one) => ALL_ACTS.includes(one))) wrong(USAGE);
  return {...given, act, group: given.group ?? `department-${given.department}`};
}

class Department {
  #options;
  #ledger;
  #centre;
  counts = {records: 0, unreadable: 0, passed: 0, dropped: 0, taken: 0, acts: {}, declined: 0};

  constructor(options, centre) {
    this.#options = options;
    this.#ledger = new Ledger(options.state);
    this.#centre = centre;
  }

  // What an earlier run had taken and not seen answered.
  async finish(alive) {
    if (this.#ledger.open) await this.#carryOut(this.#ledger.open, alive);
  }

  async take(headers, value, alive) {
    this.counts.records += 1;
    let event, ticket, sequence, change, departments;
    try {
      [event, ticket, sequence] = ['type', 'subject', 'sequence'].map((name) => headers['ce_' + name].toString());
      change = JSON.parse(value.toString());
      departments = change.departments ?? [];
    } catch {
      this.counts.unreadable += 1; // not of this contract
      return;
    }
    if (!departments.includes(this.#options.department)) {
      this.counts.passed += 1;
      return;
    }
    if (sequence <= this.#ledger.highest(ticket)) {
      this.counts.dropped += 1;
      return;
    }
    this.#ledger.take(ticket, sequence, this.#actsAfter(event, change));
    this.counts.taken += 1;
    await this.finish(alive);
  }

  // What is to be done. Of events that it does not know, nothing.
  #actsAfter(event, change) {
    if (event !== 'shoujie.ticket.offered.v1') return [];
    const acts = this.#options.refuse.includes(change.category) ? ['refuse'] : this.#options.act;
    return acts.map((act) => ({act, handoff: change.handoff, id: newRequestId()}));
  }

  // In order, until one is refused. Done again after a crash, they have the same ids and answers.
  async #carryOut({ticket, acts}, alive) {
    for (const {act, handoff, id} of acts) {
      let answer = 'OK';
      try {
        await this.#centre.do(act, ticket, handoff, id, alive);
        this.counts.acts[act] = (this.counts.acts[act] ?? 0) + 1;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        answer = error.message;
        this.counts.declined += 1;
      }
      console.log(JSON.stringify({act, ticket, answer}));
      if (answer !== 'OK') break;
    }
    this.#ledger.settle();
  }
}

async function main() {
  const options = readOptions();
  const token = fs.readFileSync(options['token-file'], 'ascii').trim();
  const centre = new Centre(options.server, token, process.env.SHOUJIE_PROTOS);
  const department = new Department(options, centre);
  await department.finish(async () => {});

  const kafka = new Kafka({brokers: options.kafka.split(','), clientId: options.group, logLevel: logLevel.ERROR});
  const consumer = kafka.consumer({groupId: options.group, sessionTimeout: SESSION_MS});
  let last = Infinity; // not yet asked for anything
  consumer.on(consumer.events.GROUP_JOIN, () => (last = Date.now()));
  // What the ledger has is on the disk whenever this program ends: nothing needs to be waited for.
  const end = (code) => {
    console.log(JSON.stringify(department.counts));
    process.exit(code);
  };
  const fail = (error) => {
    console.error(error.details ?? error.stack);
    end(1);
  };
  process.on('SIGTERM', () => end(0));
  await consumer.connect();
  await consumer.subscribe({topics: [options.topic], fromBeginning: true});
  await consumer.run({
    autoCommitThreshold: 1, // each offset, after its record
    eachMessage: async ({message, heartbeat}) => {
      last = Infinity;
      await department.take(message.headers ?? {}, message.value, heartbeat).catch(fail);
      last = Date.now();
    },
  });
  if (options['until-idle'] === undefined) return;
  const idleMs = 1000 * Number(options['until-idle']);
  setInterval(async () => {
    if (Date.now() - last < idleMs) return;
    last = Infinity;
    await consumer.disconnect();
    centre.close();
    end(0);
  }, 100);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
