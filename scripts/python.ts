import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 256 << 20

/** Threads of Arrow's may outlive the interpreter, and abort it while it shuts down. */
const END = '\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n'

let environment: Promise<string> | undefined

/** The Python with the packages of `scripts/requirements.txt`, which is made if need be. */
export function pythonPath(): Promise<string> {
  environment ??= run('python3', [join(import.meta.dirname, 'pythonEnvironment.py')]).then(
    ({ stdout }) => stdout.trim(),
  )
  return environment
}

/**
 * Runs a piece of Python that prints one JSON value, and returns that.
 *
 * @param code sees the arguments as `sys.argv[1:]`
 */
export async function runPython<Result>(code: string, ...args: readonly string[]): Promise<Result> {
  const options = { maxBuffer: MAX_OUTPUT_BYTES }
  const { stdout } = await run(await pythonPath(), ['-c', code + END, ...args], options)
  return JSON.parse(stdout) as Result
}

if (import.meta.main) console.log(await pythonPath())
