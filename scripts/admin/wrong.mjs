// How a command ends that does not go well: a sentence that says what to do, and an exit code.

/** The server refused, or found what should not be. */
export const REFUSED = 1;
/** The command line is not one of ours. */
export const USAGE = 2;
/** There is no server, or no credential for it. */
export const UNREACHABLE = 3;

export class Wrong extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
