// How far a long command is: one line that changes on a terminal, a line every few seconds elsewhere.

const EVERY = { terminal: 200, elsewhere: 5000 };

export class Progress {
  constructor(note, isTerminal = process.stderr.isTTY) {
    this.note = note;
    this.isTerminal = isTerminal;
    this.last = performance.now();
  }

  say(text) {
    const now = performance.now();
    if (now - this.last < (this.isTerminal ? EVERY.terminal : EVERY.elsewhere)) return;
    this.last = now;
    this.note(this.isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
  }

  done() {
    if (this.isTerminal) this.note("\r\u001b[K");
  }
}
