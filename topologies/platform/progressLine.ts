import type { Progress } from '../../src/index.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const EVERY_MS = 100

/** A line on the terminal that is written over and over. Where stderr is no terminal it stays silent. */
export interface ProgressLine {
  /** A bar for work whose size is known. */
  bar(label: string, done: number, of: number): void
  /** Follows a run until `stop`. */
  follow(label: string, progress: Progress): void
  stop(): void
}

export function progressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  const live = stream.isTTY === true
  let timer: NodeJS.Timeout | undefined
  let frame = 0
  const show = (text: string): void => {
    if (live) stream.write(`\r\u001b[2K${text}`)
  }
  return {
    bar(label, done, of) {
      const share = of === 0 ? 1 : done / of
      const width = Math.round(share * 30)
      const counts = `${done.toLocaleString('en-US')} of ${of.toLocaleString('en-US')}`
      show(`  ${label}  ${'█'.repeat(width)}${'░'.repeat(30 - width)}  ${counts}`)
    },
    follow(label, progress) {
      if (!live) return
      timer = setInterval(() => {
        const { bytes, records, epochs } = progress
        const megabytes = (bytes / 1e6).toFixed(1)
        const committed = `${records.toLocaleString('en-US')} records committed in ${epochs} epochs`
        show(`  ${FRAMES[frame++ % FRAMES.length]} ${label}  ${megabytes} MB read · ${committed}`)
      }, EVERY_MS)
      timer.unref()
    },
    stop() {
      clearInterval(timer)
      show('')
    },
  }
}
