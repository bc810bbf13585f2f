import { describe, expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { ConfigError } from '../../src/core/errors.ts'
import type { Flow, Stream, TableHandle, TopologyNode } from '../../src/core/topology.ts'
import type { Rejected } from '../../src/core/unit.ts'
import { map } from '../../src/operators/map.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'
import { branch, dedup, models, picky, table } from './units.ts'

const numbers = () => memorySource([1, 2, 3])
const rejects = table<Rejected>()

/** Defines a topology around one source that is attached to a sink already. */
const define = (build: (flow: Flow<false>, source: Stream<number, false>) => object) =>
  defineTopology('numbers', (flow) => {
    const source = flow.source('source', numbers())
    source.to('sink', memorySink())
    return build(flow, source)
  })

/** Runs what must be refused and returns the error. */
function refusal(act: () => unknown): ConfigError {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const inputsOf = (nodes: readonly TopologyNode[], name: string): unknown => {
  const node = nodes.find((candidate) => candidate.name === name)!
  return 'input' in node ? [node.input] : 'inputs' in node ? node.inputs : []
}

describe('a definition', () => {
  test('is data: its name, its nodes in order, and what the builder returned', () => {
    const sink = memorySink<number>()
    const double = map((n: number) => n * 2)
    const topology = defineTopology('doubles', (flow) => {
      const out = flow.source('numbers', numbers()).via('double', double).to('out', sink)
      return { out }
    })
    expect(topology).toMatchObject({ kind: 'topology', name: 'doubles' })
    expect(topology.nodes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'source numbers',
      'operator double',
      'sink out',
    ])
    expect(topology.nodes[1]).toMatchObject({
      unit: double,
      input: { node: 'numbers', port: 'out' },
    })
    expect(topology.handles.out).toEqual({ kind: 'sink-handle', name: 'out' })
  })

  test('is frozen', () => {
    const topology = define(() => ({}))
    expect(Object.isFrozen(topology)).toBe(true)
    expect(Object.isFrozen(topology.nodes)).toBe(true)
    expect(topology.nodes.every((node) => Object.isFrozen(node))).toBe(true)
  })

  test('hands a stream to every node that uses it', () => {
    const { nodes } = define((_, source) => {
      source.via('a', map(String)).to('first', memorySink())
      source.toTable('second', table<number>())
      return {}
    })
    for (const name of ['sink', 'a', 'second']) {
      expect(inputsOf(nodes, name)).toEqual([{ node: 'source', port: 'out' }])
    }
  })

  test('merges streams and ports of several nodes', () => {
    const { nodes } = defineTopology('merged', (flow) => {
      const a = flow.source('a', numbers())
      const { out, odd } = flow
        .source('b', numbers())
        .split('parity', branch<{ odd: number }>('odd'))
      flow.merge('both', a, out, odd).to('sink', memorySink())
      return {}
    })
    expect(inputsOf(nodes, 'both')).toEqual([
      { node: 'a', port: 'out' },
      { node: 'parity', port: 'out' },
      { node: 'parity', port: 'odd' },
    ])
  })

  test('keeps table handles with the options that say where the table is', () => {
    const topology = define((_, source) => ({
      silver: source.toTable('silver', table<number>({ path: 'silver/numbers' })),
    }))
    expect(topology.handles).toEqual({
      silver: { kind: 'table-handle', name: 'silver', options: { path: 'silver/numbers' } },
    })
  })

  test('lets models read its tables', () => {
    const { nodes } = define((flow, source) => {
      const silver = source.toTable('silver', table<number>())
      return { gold: flow.models('gold', models({ posts: silver })) }
    })
    expect(nodes.at(-1)).toMatchObject({ kind: 'models', name: 'gold', reads: ['silver'] })
  })
})

describe('rejects', () => {
  test('takes every rejected and late record that is not split off, and stands last', () => {
    const { nodes } = defineTopology('covered', { rejects }, (flow) => {
      const source = flow.source('source', numbers())
      const { out, rejected } = source.split('taken', picky())
      rejected.to('mine', memorySink())
      out.via('open', picky()).via('dedup', dedup()).to('sink', memorySink())
      return {}
    })
    expect(nodes.at(-1)).toMatchObject({ kind: 'sink', name: 'rejects', unit: rejects })
    expect(inputsOf(nodes, 'rejects')).toEqual([
      { node: 'open', port: 'rejected' },
      { node: 'dedup', port: 'late' },
    ])
  })

  test('takes what a source rejects', () => {
    const source = { ...numbers(), ports: ['rejected'] }
    const { nodes } = defineTopology('files', { rejects }, (flow) => {
      flow.source('files', source).to('sink', memorySink())
      return {}
    })
    expect(inputsOf(nodes, 'rejects')).toEqual([{ node: 'files', port: 'rejected' }])
  })

  test('is there even where nothing rejects', () => {
    const { nodes } = defineTopology('plain', { rejects }, (flow) => {
      flow.source('source', numbers()).to('sink', memorySink())
      return {}
    })
    expect(inputsOf(nodes, 'rejects')).toEqual([])
  })

  test('must be a table', () => {
    const sink = { rejects: memorySink<Rejected>() as never }
    const error = refusal(() =>
      defineTopology('x', sink, (flow) => {
        flow.source('source', numbers()).to('sink', memorySink())
        return {}
      }),
    )
    expect(error).toMatchObject({ code: 'SBX_WRONG_UNIT', node: 'rejects' })
    expect(error.message).toContain("a unit of kind 'table' belongs here, not 'sink'")
  })
})

describe('a loose end is refused', () => {
  const open = (act: () => unknown): string => {
    const error = refusal(act)
    expect(error.code).toBe('SBX_LOOSE_END')
    return error.message
  }

  test('a topology without a source', () => {
    expect(open(() => defineTopology('empty', () => ({})))).toContain('flow.source(…)')
  })

  test('a stream that ends nowhere', () => {
    const message = open(() => define((_, source) => ({ a: source.via('a', map(String)) })))
    expect(message).toBe(
      "a: its records of 'out' go nowhere; end it in a sink or table with .to(…) or .toTable(…)",
    )
  })

  test('a source or a merge that ends nowhere', () => {
    expect(open(() => define((flow) => ({ b: flow.source('b', numbers()) })))).toContain('b: its')
    expect(open(() => define((flow, a) => ({ m: flow.merge('m', a) })))).toContain('m: its')
  })

  test('the main outlet of a split, where only its ports are taken', () => {
    const message = open(() =>
      define((_, source) => {
        source.split('split', picky()).rejected.to('mine', memorySink())
        return {}
      }),
    )
    expect(message).toContain("split: its records of 'out' go nowhere")
  })

  test('a port of a user’s own that nobody takes', () => {
    const message = open(() =>
      define((_, source) => {
        source.via('parity', branch('odd')).to('even', memorySink())
        return {}
      }),
    )
    expect(message).toContain("take the port 'odd' with split and send it to a sink or table")
  })

  test('rejected and late records without rejects, which no compiler saw', () => {
    const untyped = (unit: unknown) => unit as ReturnType<typeof branch>
    const build = (unit: () => object) => () =>
      defineTopology('cast', (flow) => {
        flow.source('source', numbers()).via('strict', untyped(unit())).to('out', memorySink())
        return {}
      })
    expect(open(build(picky))).toContain('give defineTopology({ rejects })')
    expect(open(build(dedup))).toContain("its records of 'late' go nowhere")
  })

  test('but filtered and duplicate records may go nowhere', () => {
    const { nodes } = defineTopology('droppable', { rejects }, (flow) => {
      const source = flow.source('source', numbers())
      source.via('keep', branch('filtered')).via('dedup', dedup()).to('out', memorySink())
      return {}
    })
    expect(inputsOf(nodes, 'rejects')).toEqual([{ node: 'dedup', port: 'late' }])
  })
})

describe('a name is refused', () => {
  test.each(['', ' ', '1st', '_x', 'a b', 'a/b', '../a', 'a:b', 'ä', 'a'.repeat(101), '.', 'a\n'])(
    'as no part of a file name: %j',
    (name) => {
      for (const act of [
        () => defineTopology(name, () => ({})),
        () => define((flow) => flow.source(name, numbers())),
        () => define((_, source) => source.via(name, map(String))),
        () => define((_, source) => source.to(name, memorySink())),
      ]) {
        const error = refusal(act)
        expect(error.code).toBe('SBX_NAME')
        expect(error.message).toContain(`'${name}' can't be the name of a`)
      }
    },
  )

  test('where it is no string', () => {
    expect(refusal(() => defineTopology(undefined as never, () => ({}))).code).toBe('SBX_NAME')
  })

  test('where another node has it, in whatever case', () => {
    for (const name of ['sink', 'Sink']) {
      const error = refusal(() => define((_, source) => source.via(name, map(String))))
      expect(error).toMatchObject({ code: 'SBX_NAME', node: name })
      expect(error.message).toContain("the name 'sink' is used already")
    }
  })

  test('where it is kept for the rejects table', () => {
    const error = refusal(() => define((_, source) => source.to('rejects', memorySink())))
    expect(error.code).toBe('SBX_NAME')
    expect(error.message).toContain('kept for the table that takes rejected records')
  })

  test.each([['out'], ['a b'], ['twice', 'twice']])('for a port: %s', (...ports) => {
    const error = refusal(() => define((_, source) => source.split('split', branch(...ports))))
    expect(error).toMatchObject({ code: 'SBX_NAME', node: 'split' })
    expect(error.message).toContain(ports.join(', '))
  })

  test('but dots, dashes and a hundred letters are fine', () => {
    for (const name of ['silver.posts', 'a-b_c', 'a'.repeat(100)]) {
      const { nodes } = define((_, source) => source.to(name, memorySink()))
      expect(nodes.at(-1)!.name).toBe(name)
    }
  })
})

describe('a wrong unit is refused', () => {
  const wrong = (act: (flow: Flow<false>, source: Stream<number, false>) => object): string => {
    const error = refusal(() => define(act))
    expect(error.code).toBe('SBX_WRONG_UNIT')
    return error.message
  }

  test('with what is expected and what came', () => {
    const sink = memorySink() as never
    expect(wrong((flow) => flow.source('x', sink))).toContain(
      "x: a unit of kind 'source' belongs here, not 'sink'",
    )
    expect(wrong((_, source) => source.via('x', sink))).toContain(
      "kind 'operator' belongs here, not 'sink'",
    )
    expect(wrong((_, source) => source.split('x', sink))).toContain("kind 'operator'")
    expect(wrong((_, source) => source.toTable('x', sink))).toContain(
      "kind 'table' belongs here, not 'sink'",
    )
    expect(wrong((_, source) => source.to('x', table() as never))).toContain("not 'table'")
    expect(wrong((flow) => flow.models('x', sink))).toContain("kind 'models'")
  })

  test('where a factory was not called, or there is nothing', () => {
    expect(wrong((_, source) => source.via('x', map as never))).toContain('not function')
    expect(wrong((_, source) => source.via('x', undefined as never))).toContain('not undefined')
    expect(wrong((flow) => flow.models('x', null as never))).toContain('not object')
  })
})

describe('what belongs elsewhere is refused', () => {
  const foreign = (act: (flow: Flow<false>) => object): string => {
    const error = refusal(() => define(act))
    expect(error.code).toBe('SBX_FOREIGN_STREAM')
    return error.message
  }
  const elsewhere = define((_, source) => ({
    source,
    silver: source.toTable('silver', table<number>()),
  })).handles as { source: Stream<number, false>; silver: TableHandle<number> }

  test('a stream of another topology', () => {
    expect(foreign((flow) => flow.merge('m', elsewhere.source))).toContain(
      "m: its input 'source' is no stream of this topology",
    )
  })

  test('what is no stream at all', () => {
    expect(foreign((flow) => flow.merge('m', elsewhere.silver as never))).toContain("'silver'")
    expect(foreign((flow) => flow.merge('m', undefined as never))).toContain('undefined')
  })

  test('a table of another topology, even where one here has its name', () => {
    const message = foreign((flow) => {
      flow.source('other', numbers()).toTable('silver', table<number>())
      return flow.models('gold', models({ posts: elsewhere.silver }))
    })
    expect(message).toContain("gold: reads 'silver' as 'posts', which is no table of this topology")
  })

  test('a sink’s handle where a table’s is expected', () => {
    foreign((flow) => {
      const sink = flow.source('other', numbers()).to('plain', memorySink())
      return flow.models('gold', models({ posts: sink as never }))
    })
  })
})

describe('a merge is refused', () => {
  test('of nothing', () => {
    const error = refusal(() => define((flow) => (flow.merge as (name: string) => object)('m')))
    expect(error).toMatchObject({ code: 'SBX_MERGE', node: 'm' })
    expect(error.message).toContain('merges no stream')
  })

  test('of one stream twice: each record would come once', () => {
    const error = refusal(() => define((flow, source) => flow.merge('m', source, source)))
    expect(error.code).toBe('SBX_MERGE')
    expect(error.message).toContain('the same stream twice')
  })
})

describe('sources that meet', () => {
  const meeting = (through: (merged: Stream<number, true>) => Stream<number, true>) =>
    defineTopology('meeting', { rejects }, (flow) => {
      const merged = flow.merge('both', flow.source('a', numbers()), flow.source('b', numbers()))
      through(merged).to('sink', memorySink())
      return {}
    })

  test('are refused in a stateful operator, however far behind the merge', () => {
    for (const through of [
      (merged: Stream<number, true>) => merged.via('dedup', dedup()),
      (merged: Stream<number, true>) =>
        merged
          .via(
            'same',
            map((n) => n),
          )
          .via('dedup', dedup()),
    ]) {
      const error = refusal(() => meeting(through))
      expect(error).toMatchObject({ code: 'SBX_CO_PARTITION', node: 'dedup' })
      expect(error.message).toContain('the sources a, b meet in a stateful operator')
      expect(error.message).toContain('put one windowDedup behind each source')
    }
  })

  test('may meet in a stateless one, or behind state of their own', () => {
    meeting((merged) =>
      merged.via(
        'same',
        map((n) => n),
      ),
    )
    defineTopology('apart', { rejects }, (flow) => {
      const a = flow.source('a', numbers()).via('dedup.a', dedup())
      const b = flow.source('b', numbers()).via('dedup.b', dedup())
      flow.merge('both', a, b).to('sink', memorySink())
      return {}
    })
  })

  test('are one where two branches of one source come together', () => {
    defineTopology('branches', { rejects }, (flow) => {
      const { out, odd } = flow
        .source('a', numbers())
        .split('parity', branch<{ odd: number }>('odd'))
      flow.merge('again', out, odd).via('dedup', dedup()).to('sink', memorySink())
      return {}
    })
  })
})

describe('the end of a definition', () => {
  test('is when the builder returns: what is added later is refused', () => {
    const topology = define((flow, source) => ({ flow, source }))
    const { flow, source } = topology.handles as {
      flow: Flow<false>
      source: Stream<number, false>
    }
    for (const act of [
      () => flow.source('later', numbers()),
      () => source.to('later', memorySink()),
    ]) {
      const error = refusal(act)
      expect(error).toMatchObject({ code: 'SBX_DEFINED', node: 'later' })
      expect(error.message).toContain('add nodes inside the builder')
    }
    expect(topology.nodes).toHaveLength(2)
  })

  test('can’t be waited for: an asynchronous builder is refused', () => {
    const error = refusal(() => define(async () => ({})))
    expect(error.code).toBe('SBX_DEFINED')
    expect(error.message).toContain('asynchronous')
  })

  test('hands an error of the builder on as it is', () => {
    const mine = new Error('no settings')
    expect(() =>
      define(() => {
        throw mine
      }),
    ).toThrow(mine)
  })
})

test('two sinks in one place of a lake are refused, with both names', () => {
  const sink = (path: string) => ({ ...memorySink<number>(), options: { lake: './lake', path } })
  expect(() =>
    defineTopology('shared', (flow) => {
      const numbers = flow.source('numbers', memorySource([1]))
      numbers.to('first', sink('bronze/a'))
      numbers.to('second', sink('bronze/a/'))
      return {}
    }),
  ).toThrow(expect.objectContaining({ code: 'SBX_SAME_PATH', node: 'second' }) as Error)
})

test('a source is not called like a partition of another one', () => {
  const parts = { ...memorySource([1]), join: () => Promise.reject(new Error('not here')) }
  const define = (name: string) =>
    defineTopology('names', (flow) => ({
      a: flow.source('a', parts).to('x', memorySink<number>()),
      b: flow.source(name, memorySource([1])).to('y', memorySink<number>()),
    }))
  expect(() => define('a-0')).toThrow(expect.objectContaining({ code: 'SBX_NAME', node: 'a-0' }))
  expect(() => define('a-b')).not.toThrow()
})
