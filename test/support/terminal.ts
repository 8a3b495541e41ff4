// Runs a program on a terminal of its own, as a person would: a pty that python3 makes, on which answers are
// typed as soon as what they wait for is shown.

import { spawn } from 'node:child_process';

/** What to wait for on the screen, and what to do then: type, send the program a signal, change the terminal's width. */
export type Answer = readonly [
  shown: string,
  then: string | { readonly signal: number } | { readonly columns: number },
];

export interface Session {
  readonly status: number;
  /** All that was shown. */
  readonly screen: string;
  /** Whether the terminal's settings were in the end what they were in the beginning. */
  readonly restored: boolean;
  /** Characters that would be the input of the next program on the terminal. */
  readonly pending: number;
  /** The file system that the terminal is on (`st_dev`). */
  readonly device: number;
}

export interface SessionOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Whose terminal and program it is. */
  readonly uid?: number;
  readonly gid?: number;
  /** Columns of the terminal; 101 where not given. */
  readonly columns?: number;
}

/** Runs `args` to its end, which is a kill after 60 seconds. */
export function onTerminal(
  args: readonly string[],
  answers: readonly Answer[],
  { env = process.env, cwd, uid, gid, columns = 101 }: SessionOptions = {},
): Promise<Session> {
  const asked = JSON.stringify({ args, answers, columns, env, cwd, uid, gid });
  const child = spawn('python3', ['-c', DRIVER, asked], { stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve(JSON.parse(Buffer.concat(out).toString()) as Session);
      else reject(new Error(Buffer.concat(err).toString()));
    });
  });
}

const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios, time
asked = json.loads(sys.argv[1])
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 33, asked['columns'], 0, 0))
before = termios.tcgetattr(slave)
if 'uid' in asked:
    os.fchown(slave, asked['uid'], -1)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 64)
    os.chdir(asked.get('cwd', '.'))
    if 'uid' in asked:
        os.setgroups([])
        os.setgid(asked['gid'])
        os.setuid(asked['uid'])
    os.execvpe(asked['args'][0], asked['args'], asked['env'])
screen, seen, status = b'', 0, None
answers = [(shown.encode(), then) for shown, then in asked['answers']]

def perform(then):
    if isinstance(then, str):
        os.write(master, then.encode())
    elif 'signal' in then:
        os.kill(pid, then['signal'])
    else:
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 33, then['columns'], 0, 0))

limit = time.time() + 60
while status is None or select.select([master], [], [], 0)[0]:
    if time.time() > limit:
        os.kill(pid, 9)
        limit += 5
    if select.select([master], [], [], 0.02)[0]:
        screen += os.read(master, 65536)
    while answers and answers[0][0] in screen[seen:]:
        seen += screen[seen:].index(answers[0][0]) + len(answers[0][0])
        perform(answers.pop(0)[1])
    if status is None:
        ended, found = os.waitpid(pid, os.WNOHANG)
        status = found if ended else None
after = termios.tcgetattr(slave)
termios.tcsetattr(slave, termios.TCSANOW, after[:3] + [after[3] & ~termios.ICANON] + after[4:])
print(json.dumps({
    'pending': struct.unpack('i', fcntl.ioctl(slave, termios.FIONREAD, b'0000'))[0],
    'device': os.fstat(slave).st_dev,
    'status': os.waitstatus_to_exitcode(status),
    'screen': screen.decode('utf8', 'replace'),
    'restored': after == before,
}))
`;
