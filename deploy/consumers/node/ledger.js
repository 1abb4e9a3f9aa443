// What this program has taken from the topic, on the disk before anything follows from it.
//
// One file of JSON lines. {ticket, sequence, acts}: this event was taken, and these acts follow from it, each with its
// request id. {settled: ticket}: all of them have their answers. One program a directory.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

class Ledger {
  #highest = new Map(); // ticket -> sequence
  #file;
  open = null; // taken, and not all of its acts are known to be answered

  constructor(directory) {
    fs.mkdirSync(directory, {recursive: true});
    const file = path.join(directory, 'ledger.jsonl');
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [''];
    lines.pop(); // empty, or what the program wrote as it ended: nothing has followed from it
    for (const line of lines) this.#read(JSON.parse(line));
    // Begun anew with what still counts. Whoever dies meanwhile has the old file or the new one.
    this.#file = fs.openSync(file + '.new', 'w');
    for (const [ticket, sequence] of this.#highest) this.#write({ticket, sequence, acts: []});
    if (this.open) this.#write(this.open);
    fs.fsyncSync(this.#file);
    fs.renameSync(file + '.new', file);
    const folder = fs.openSync(directory, 'r');
    fs.fsyncSync(folder);
    fs.closeSync(folder);
  }

  highest(ticket) {
    return this.#highest.get(ticket) ?? '';
  }

  // From now on the event is a repeat, also for whoever starts after a crash.
  take(ticket, sequence, acts) {
    const line = {ticket, sequence, acts};
    this.#write(line);
    fs.fsyncSync(this.#file);
    this.#read(line);
  }

  // Needs no care: whoever does not find it sends the same commands again, which changes nothing.
  settle() {
    this.#write({settled: this.open.ticket});
    this.open = null;
  }

  #read(line) {
    if ('settled' in line) {
      this.open = null;
    } else {
      this.#highest.set(line.ticket, line.sequence);
      this.open = line.acts.length > 0 ? line : null;
    }
  }

  #write(line) {
    const bytes = Buffer.from(JSON.stringify(line) + '\n');
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#file, bytes, at);
  }
}

module.exports = {Ledger};
