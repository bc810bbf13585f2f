import { describe, expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import type { Sink, Source } from '../../src/core/unit.ts'
import { run } from '../../src/runtime/run.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'

/** One record a batch, of one byte: each is an epoch of its own. */
function records(count: number): Source<Uint8Array> {
  return {
    kind: 'source',
    type: 'records',
    options: {},
    ports: [],
    identity: {},
    async open() {
      let read = 0
      return {
        async read() {
          if (read === count) return undefined
          const at = { partition: 0, source: 'r', ingestedAtMs: 0, baseOffset: read }
          return { ...at, bytes: Uint8Array.of(48 + read++), framing: 'lines' }
        },
        position: () => ({ inline: read }),
        close: async () => {},
      }
    },
  }
}

/** A memory sink that notes when it is written to and when an epoch is on its way to the disk. */
function notingSink(cutsAtOnce: boolean, events: string[], until: Promise<void>) {
  const sink = memorySink<Uint8Array>()
  const noting: Sink<Uint8Array> = {
    ...sink,
    async openWriter(context) {
      const writer = await sink.openWriter(context)
      return {
        ...writer,
        cutsAtOnce,
        write(record, envelope) {
          events.push(`write ${String.fromCharCode(record[0]!)}`)
          writer.write(record, envelope)
          if (events.includes('write 1')) written()
        },
        async prepare() {
          const name = context.epoch()
          const files = await writer.prepare()
          events.push(`epoch ${name} begins`)
          await until
          events.push(`epoch ${name} is there`)
          return files
        },
      }
    },
  }
  let written = (): void => {}
  const second = new Promise<void>((resolve) => (written = resolve))
  return { noting, sink, second }
}

function topologyOf(sink: Sink<Uint8Array>) {
  return defineTopology('epochs', (flow) => ({
    out: flow.source('r', records(3)).to('out', sink),
  }))
}

describe('behind a barrier', () => {
  test('the next epoch runs while files are on their way, where a writer cuts at once', async () => {
    const events: string[] = []
    let go = (): void => {}
    const { noting, sink, second } = notingSink(true, events, new Promise((done) => (go = done)))
    const { done } = run(topologyOf(noting), { epochBytes: 1 })
    await second
    expect(events).not.toContain('epoch 2 is there')
    go()
    await done
    expect(sink.records.map((record) => record[0])).toEqual([48, 49, 50])
    // The one after waits until they are there: no more than two epochs are held.
    expect(events.indexOf('epoch 2 is there')).toBeLessThan(events.indexOf('epoch 3 begins'))
  })

  test('everything waits for a writer that does not', async () => {
    const events: string[] = []
    const { noting, sink } = notingSink(false, events, Promise.resolve())
    await run(topologyOf(noting), { epochBytes: 1 }).done
    expect(sink.records.map((record) => record[0])).toEqual([48, 49, 50])
    expect(events.slice(0, 4)).toEqual(['write 0', 'epoch 2 begins', 'epoch 2 is there', 'write 1'])
  })

  test('an epoch that can’t be made durable ends the run, and nothing of the next is kept', async () => {
    const events: string[] = []
    const failing = Promise.reject<void>(new Error('disk full'))
    failing.catch(() => {})
    const { noting, sink } = notingSink(true, events, failing)
    await expect(run(topologyOf(noting), { epochBytes: 1 }).done).rejects.toThrow('disk full')
    expect(sink.records).toEqual([])
  })
})
