import { expect, test } from 'vitest'
import { describe } from '../../src/core/describe.ts'
import { mermaid } from '../../src/core/mermaid.ts'
import { platform } from './platform.ts'

test('draws every node in the shape of its kind, ports as dashed arrows', () => {
  expect(mermaid(describe(platform()))).toMatchInlineSnapshot(`
    "flowchart LR
      n0(["first<br/><i>memorySource</i>"])
      n1[/"bronze<br/><i>memorySink</i>"/]
      n2(["second<br/><i>memorySource</i>"])
      n3["check<br/><i>branch</i>"]
      n4["dedup<br/><i>windowDedup</i>"]
      n5["parity<br/><i>branch</i>"]
      n6[/"odds<br/><i>memorySink</i>"/]
      n7(("both<br/><i>merge</i>"))
      n8["post<br/><i>map</i>"]
      n9[("silver.posts<br/><i>table</i>")]
      n10{{"gold<br/><i>models</i>"}}
      n11[("rejects<br/><i>table</i>")]
      n0 --> n1
      n2 --> n3
      n3 --> n4
      n4 --> n5
      n5 -. odd .-> n6
      n0 --> n7
      n5 --> n7
      n7 --> n8
      n8 --> n9
      n9 --> n10
      n3 -. rejected .-> n11
      n4 -. late .-> n11
    "
  `)
})

test('draws each input as one arrow', () => {
  const description = describe(platform())
  const arrows = mermaid(description).match(/-->|\.->/g)
  expect(arrows).toHaveLength(description.nodes.flatMap((node) => node.inputs).length)
})

test('keeps what a unit calls itself from being read as Mermaid or HTML', () => {
  const node = { name: 'a', kind: 'operator' as const, options: {}, inputs: [] }
  const drawing = mermaid({ topology: 't', nodes: [{ ...node, type: '"]<script>&' }] })
  expect(drawing).toContain('n0["a<br/><i>#34;]#60;script#62;#38;</i>"]')
})
