// Text that is safe to show. Names, logs, images and servers are written by others: what they say
// may hold terminal commands (move the cursor, set the title, fake a line) and direction marks that
// make text read otherwise than it is. Everything printed passes through here.

// CSI; then the string commands (OSC, DCS, SOS, PM, APC) up to BEL or ST, or to the end of the
// text where they are not closed; then any other escape; then the same as 8-bit C1 controls.
const CONTROL_SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

// C0 except tab and line feed, DEL, C1; embeddings, overrides and isolates of direction; the line
// and paragraph separators; bytes that were not UTF-8 (core/names.ts). In runs: a step that prints a disk
// would take a minute one by one.
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
  /(?:[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}){1,1024}/gu;

// What JSON leaves as it is: DEL and C1 (an 8-bit CSI drives terminals too), direction, separators.
const RAW_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Returns `text` without terminal control sequences; other characters that do not print become U+FFFD. Tab and line feed stay. */
export function printable(text: string): string {
  return text
    .replace(CONTROL_SEQUENCE, '')
    .replace(UNPRINTABLE, (run) => '\ufffd'.repeat(run.length));
}

/** Returns `value` as JSON in which everything that could drive a terminal is escaped. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    RAW_IN_JSON,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
