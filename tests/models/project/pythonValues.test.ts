import { expect, test } from 'vitest'
import { standIn } from '../../../src/models/project/relation.ts'
import { createRenderer } from '../../../src/models/project/renderer.ts'

const renderer = createRenderer({
  ...{ project: 'shop', schema: 'main', database: 'db', vars: {}, env: {}, macros: [] },
  fullRefresh: false,
})
const render = (text: string): string =>
  renderer.render(
    { file: 'models/a.sql', text },
    {
      ...{ ref: standIn, source: (_: string, table: string) => standIn(table), config: () => {} },
      ...{ settings: {}, self: standIn('a'), incremental: false, name: 'a' },
    },
  )

// What jinja2 3.1 makes of each.
test.each([
  ['{% if [] %}yes{% else %}no{% endif %}', 'no'],
  ['{% if {} %}yes{% else %}no{% endif %}', 'no'],
  ["{% if not [] %}yes{% elif ['a'] %}no{% endif %}", 'yes'],
  ["{% if '' %}a{% elif [0] %}b{% else %}c{% endif %}", 'b'],
  ["{{ 'x' if [] else 'y' }}", 'y'],
  ["{{ ([] or ['d']) | first }}", 'd'],
  ["{{ ['a'] and 'b' }}", 'b'],
  ["{% for c in ['id'] + ['name'] %}{{ c }};{% endfor %}", 'id;name;'],
  ["{% set cols = ['a'] %}{% set cols = cols + ['b'] %}{{ cols | join(',') }}", 'a,b'],
  ["{{ 'a_b_c'.replace('_', '-') }}", 'a-b-c'],
  ["{{ 'Ab'.upper() }}{{ 'Ab'.lower() }}{{ ' x '.strip() }}", 'ABabx'],
  ["{{ 'a b  c'.split() | join('|') }}{{ 'a,b'.split(',') | length }}", 'a|b|c2'],
  ["{{ ', '.join(['a', 'b']) }}", 'a, b'],
  ["{% if 'abc'.startswith('ab') and not 'abc'.endswith('ab') %}yes{% endif %}", 'yes'],
  ["{{ 'a' * 3 }}{{ 2 * 3 }}{{ (['a'] * 2) | join }}", 'aaa6aa'],
  ["{% for k in {'a': 1, 'b': 2} %}{{ k }}{% endfor %}", 'ab'],
  ["{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% endfor %}", 'a1b2'],
  [
    "{% for a in [1, 2] %}{% for k, v in {'x': a}.items() %}{{ k }}{{ v }}{% endfor %}{% endfor %}",
    'x1x2',
  ],
  [
    "{% for k, v in {'x': 1}.items() %}{% for c in {'y': 2} %}{{ k }}{{ c }}{% endfor %}{% endfor %}",
    'xy',
  ],
  ["{{ 'yes' if ['a', [1]] == ['a', [1]] else 'no' }}", 'yes'],
  ["{{ 'yes' if '1' == 1 else 'no' }}{{ 'yes' if '1' != 1 else 'no' }}", 'noyes'],
  ["{{ 'yes' if 1 < 2 and 2 >= 2 else 'no' }}", 'yes'],
  ["{{ 7 % 3 }}{{ 'a' + 'b' }}{{ 1 + 2 }}", '1ab3'],
  ["{{ 'yes' if {'a': [1]} == {'a': [1]} else 'no' }}", 'yes'],
])('%s is %j, as in Python', (text, expected) => {
  expect(render(text)).toBe(expected)
})

test.each([
  ["{{ 'x_%s' % 'y' }}", "'%' with a text on its left"],
  ["{{ 'a' + 1 }}", 'a string + a number'],
  ["{{ ['a'] + 'b' }}", 'a list + a string'],
])('%s is refused', (text, message) => {
  expect(() => render(text)).toThrow(message)
})
