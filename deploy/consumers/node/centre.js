// The centre's side: acts on tickets by gRPC, each sent until it has a definite answer.
'use strict';

const crypto = require('node:crypto');
const {setTimeout: sleep} = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

// Whether the command was carried out is not known: the same one is sent again, under the same request id.
const UNKNOWN = new Set([
  grpc.status.UNAVAILABLE,
  grpc.status.DEADLINE_EXCEEDED,
  grpc.status.RESOURCE_EXHAUSTED,
  grpc.status.ABORTED,
  grpc.status.CANCELLED,
  grpc.status.INTERNAL,
  grpc.status.UNKNOWN,
]);
const CALL_MS = 5_000;
const PAUSE_MS_FIRST = 200;
const PAUSE_MS_MAX = 2_000;

// The centre does not do it, and never will: "REASON: what is wrong and what to do".
class Refused extends Error {}

// A UUID of version 7: the time in milliseconds, then random bits.
function newRequestId() {
  const raw = crypto.randomBytes(16);
  raw.writeUIntBE(Date.now(), 0, 6);
  raw[6] = (raw[6] & 0x0f) | 0x70;
  raw[8] = (raw[8] & 0x3f) | 0x80;
  return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

// Each act: its method, and what its request holds beside name and id.
const ACTS = {
  // How to reach the customer. Used and forgotten: it is personal, and each reading is recorded with its purpose.
  details: () => ['GetContactDetails', {purpose: 'appointment for the delivery'}],
  sign: (handoff) => ['SignHandoff', {handoff}],
  refuse: (handoff) => [
    'RefuseHandoff',
    {
      handoff,
      reason: 'HANDOFF_REASON_NOT_OUR_DUTY',
      evidence: "matters of this category are not in the department's list of duties",
    },
  ],
  progress: (handoff) => ['ReportProgress', {handoff, text: 'the parcel is packed'}],
  done: (handoff) => ['CompleteHandoff', {handoff, result: 'sent by courier'}],
};

class Centre {
  #tickets;
  #metadata = new grpc.Metadata();

  constructor(server, token, protos) {
    const definition = protoLoader.loadSync('shoujie/router/v1/service.proto', {includeDirs: [protos], keepCase: true});
    const {TicketService} = grpc.loadPackageDefinition(definition).shoujie.router.v1;
    this.#tickets = new TicketService(server, grpc.credentials.createInsecure(), {'grpc.enable_http_proxy': 0});
    this.#metadata.add('authorization', `Bearer ${token}`);
  }

  // `alive` is called between two attempts.
  async do(act, ticket, handoff, requestId, alive) {
    const [method, fields] = ACTS[act](handoff);
    const request = {...fields, name: ticket, request_id: requestId};
    for (let pause = PAUSE_MS_FIRST; ; pause = Math.min(2 * pause, PAUSE_MS_MAX)) {
      try {
        return await this.#call(method, request);
      } catch (error) {
        if (error.code === grpc.status.UNAUTHENTICATED) throw error;
        if (!UNKNOWN.has(error.code)) throw new Refused(error.details);
      }
      // The same request again, each time a little later: the centre answers it once.
      await sleep(pause);
      await alive();
    }
  }

  close() {
    this.#tickets.close();
  }

  #call(method, request) {
    return new Promise((resolve, reject) => {
      const done = (error, answer) => (error ? reject(error) : resolve(answer));
      this.#tickets[method](request, this.#metadata, {deadline: Date.now() + CALL_MS}, done);
    });
  }
}

module.exports = {Centre, Refused, newRequestId};
