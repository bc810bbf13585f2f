import { gzipSync } from 'node:zlib'
import { lines, liked, submission, tweet, video, VIDEO_HEADER, videos } from './records.ts'

/** A file that is not as it should be, and what must become of its records. */
export interface BadInput {
  /** Platform and name. */
  readonly file: string
  readonly content: string | Uint8Array
  /** Ids that reach Silver. */
  readonly silver?: readonly string[]
  /** Reasons in order of position, each with something that the detail must say. */
  readonly rejected?: readonly (readonly [reason: string, detail: RegExp | string])[]
  readonly repaired?: number
  /** How Bronze keeps it, where not as its format says. */
  readonly bronze?: 'copy' | 'nothing'
}

const MIB = 1024 * 1024
const HUGE_ELEMENTS = 3_200
const invalidUtf8 = Buffer.from(lines(tweet('u1', { text: 'caf\xe9' }), tweet('u2')), 'latin1')
const gz = gzipSync(lines(...Array.from({ length: 300 }, (_, n) => tweet(`gz${n}`, { n: n ** 7 }))))
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const at = (id: string, createdAt: unknown): string => tweet(id, { created_at: createdAt })
const child = (n: number): string =>
  `{"kind":"t3","data":${submission(`huge${n}`, { author: 'ann', selftext: 'x'.repeat(20_000) })}}`

const notATime = ['bad_timestamp', 'data.created_at: Expected YYYY-MM-DDTHH:MM:SS'] as const
const notACount = ['negative_count', 'data.public_metrics.likes: Expected a whole number'] as const
const noId = ['missing_id', 'data'] as const

/** Files for one run; each is read whole, whatever is in it. */
export const badInputs: readonly BadInput[] = [
  {
    file: 'twitter/json-broken.ndjson',
    content: lines(tweet('j1'), '{"id":"j2",', 'no json', tweet('j3'), '{"id":"j4"}'),
    silver: ['j1', 'j3'],
    rejected: [
      ['broken_record', 'not JSON'],
      ['broken_record', "Unexpected token 'o'"],
      ['bad_timestamp', 'created_at'],
    ],
  },
  {
    file: 'twitter/json-other-values.ndjson',
    content: lines(tweet('v1'), 'null', '5', '"text"', 'true', '[1,2]', '{}'),
    silver: ['v1'],
    rejected: [noId, noId, noId, noId, noId, noId],
  },
  {
    file: 'twitter/utf8-invalid.ndjson',
    content: invalidUtf8,
    silver: ['u1', 'u2'],
    repaired: 1,
  },
  {
    file: 'twitter/line-of-50-mb.ndjson',
    content: Buffer.concat([
      Buffer.from(`${tweet('l1')}\n{"id":"l2","text":"`),
      Buffer.alloc(50 * MIB, 'x'),
      Buffer.from(`"}\n${tweet('l3')}\n`),
    ]),
    silver: ['l1', 'l3'],
    rejected: [['too_large', /^52428\d{3} bytes, of which the first 16777216 are kept/]],
  },
  { file: 'twitter/empty.ndjson', content: '', bronze: 'nothing' },
  { file: 'twitter/empty-lines.ndjson', content: '\n'.repeat(100_000), bronze: 'nothing' },
  {
    file: 'twitter/empty-lines-first.ndjson',
    content: `${'\r\n'.repeat(50_000)}${tweet('e1')}\n`,
    silver: ['e1'],
  },
  {
    file: 'twitter/unknown.ndjson',
    content: '{"foo":1,"bar":2}\n{"foo":3}\n',
    rejected: [['unknown_shape', 'no known shape has the columns or keys foo, bar']],
    bronze: 'copy',
  },
  {
    file: 'twitter/unknown.json',
    content: '{"foo":{"bar":2}}',
    rejected: [['unknown_shape', 'columns or keys foo']],
  },
  {
    file: 'twitter/unknown.csv',
    content: 'foo,bar\n1,2\n',
    rejected: [['unknown_shape', 'columns or keys foo, bar']],
    bronze: 'copy',
  },
  {
    file: 'twitter/truncated.ndjson.gz',
    content: gz.subarray(0, gz.length >> 1),
    // How many are whole is zlib's business: see the test.
    rejected: [['broken_record', /the \.gz ends early at byte \d+ of \d+/]],
  },
  {
    file: 'twitter/proto.ndjson',
    content: lines(
      `{"__proto__":{"text":"polluted"},${tweet('p1').slice(1)}`,
      tweet('p2', {
        entities: { hashtags: ['__proto__', 'constructor'], mentions: ['__proto__'], urls: [] },
      }),
      tweet('p3').replace('"user":{"id":"7"', '"user":{"__proto__":{"id":"7"}'),
    ),
    silver: ['p1', 'p2'],
    rejected: [['invalid_field', 'data.user.id']],
  },
  {
    file: 'twitter/nul.ndjson',
    content: lines(tweet('n1', { text: 'a\0b' }), tweet('n2').replace('Hello', '\0'), '\0\0\0'),
    silver: ['n1'],
    rejected: [
      ['broken_record', 'Bad control character'],
      ['broken_record', 'not JSON'],
    ],
  },
  { file: 'twitter/mark.ndjson', content: `\ufeff${tweet('m1')}\r\n`, silver: ['m1'] },
  {
    file: 'twitter/deep.ndjson',
    content: lines(deep(100_000), `{"id":"d1","a":${deep(100_000)}}`, tweet('d2')),
    silver: ['d2'],
    rejected: [noId, ['bad_timestamp', 'created_at']],
  },
  {
    file: 'twitter/deep.json',
    content: deep(100_000),
    rejected: [['broken_record', 'not JSON: nested deeper than 1000 at byte 1000 of 200000']],
  },
  {
    file: 'twitter/numbers.ndjson',
    content: lines(
      liked('c1', '1e400'),
      liked('c2', '-0'),
      liked('c3', '1.0'),
      liked('c4', '1e3'),
      liked('c5', '9007199254740993'),
      liked('c6', '9223372036854775808'),
      liked('c7', '1.5'),
      liked('c8', '"1"'),
      liked('c9', '-1'),
      tweet('c10').replace('"c10"', '9007199254740993'),
      tweet('9007199254740993'),
    ),
    silver: ['c2', 'c3', 'c4', 'c5', '9007199254740993'],
    rejected: [
      notACount,
      ['invalid_field', 'at most 18 digits'],
      notACount,
      notACount,
      notACount,
      ['invalid_field', 'data.id: Invalid type: Expected string but received 9007199254740993'],
    ],
  },
  {
    file: 'twitter/times.ndjson',
    content: lines(
      at('t1', '2024-06-03T10:00:00.1234567Z'),
      at('t2', '2016-12-31T23:59:60Z'),
      at('t3', '2024-06-03T24:00:00Z'),
      at('t4', '2024-06-03T10:00:00+00:00'),
      at('t5', '2024-06-03t10:00:00z'),
      at('t6', '0000-01-01T00:00:00Z'),
      at('t7', '2023-02-29T10:00:00Z'),
      at('t8', 1_717_408_800),
      at('t9', '2024-06-03T10:00:00.123456Z'),
      at('t10', '2024-02-29T00:00:00Z'),
    ),
    silver: ['t9', 't10'],
    rejected: Array(8).fill(notATime),
  },
  { file: 'twitter/no-line-end.ndjson', content: tweet('o1'), silver: ['o1'] },
  {
    file: 'youtube/fields.csv',
    content: videos(
      video('f1'),
      video('f2').replace(/,60$/, ''),
      `${video('f3')},more`,
      video('f4', { title: '"two\nlines and a ""quote"""' }),
      video('f5', { title: '"x"y' }),
      video('f6', { view_count: '1e2' }),
      video('f7'),
    ),
    silver: ['f1', 'f4', 'f7'],
    rejected: [
      ['broken_record', '14 fields where the header has 15 columns'],
      ['broken_record', '16 fields where the header has 15 columns'],
      ['broken_record', 'field 6: text follows its closing quote'],
      ['negative_count', 'data.view_count'],
    ],
  },
  {
    file: 'youtube/open-quote.csv',
    content: videos(video('q1'), video('q2', { title: '"never closed' }), video('q3')).trimEnd(),
    silver: ['q1'],
    rejected: [['broken_record', 'field 6: its quote is not closed']],
  },
  { file: 'youtube/empty.csv', content: '', bronze: 'nothing' },
  { file: 'youtube/header-only.csv', content: `${VIDEO_HEADER}\n`, bronze: 'nothing' },
  { file: 'youtube/header-unended.csv', content: VIDEO_HEADER, bronze: 'nothing' },
  {
    file: 'youtube/proto-column.csv',
    content: `${VIDEO_HEADER},__proto__,constructor\n${video('pc1')},evil,evil\n`,
    silver: ['pc1'],
  },
  {
    file: 'youtube/proto-tag.csv',
    content: videos(video('pt1', { tags: '__proto__|constructor|B|b||' })),
    silver: ['pt1'],
  },
  {
    file: 'youtube/only-cr.csv',
    content: videos(video('cr1'), video('cr2')).replaceAll('\n', '\r'),
    silver: ['cr1', 'cr2'],
  },
  {
    file: 'youtube/twice-a-column.csv',
    content: `${VIDEO_HEADER},title\n${video('dc1')},second\n`,
    silver: ['dc1'],
  },
  {
    file: 'youtube/mark.csv',
    content: `\ufeff${videos(video('bm1')).replaceAll('\n', '\r\n')}`,
    silver: ['bm1'],
  },
  { file: 'youtube/nul.csv', content: videos(video('nc1', { title: 'a\0b' })), silver: ['nc1'] },
  {
    file: 'youtube/latin1.csv',
    content: Buffer.from(videos(video('la1', { title: 'caf\xe9' })), 'latin1'),
    silver: ['la1'],
    repaired: 1,
  },
  {
    file: 'youtube/utf16.csv',
    content: Buffer.from(videos(video('w1')), 'utf16le'),
    rejected: [['unknown_shape', 'columns or keys v\0i\0d\0e\0o\0']],
    bronze: 'copy',
  },
  {
    file: 'reddit/records.ndjson',
    content: lines(
      submission('r1'),
      submission('r2', { created_utc: 1717408800.5 }),
      submission('r3', { created_utc: '1717408800' }),
      submission('r4', { created_utc: 0 }),
      submission('r5', { ups: -3 }),
      submission('r6', { author: null }),
      submission('r7').replace('"created_utc":1717408800', '"created_utc":1717408800.0'),
      submission(''),
    ),
    silver: ['r1', 'r7'],
    rejected: [
      ['bad_timestamp', 'a positive integer'],
      ['bad_timestamp', 'a positive integer'],
      ['bad_timestamp', 'a positive integer'],
      ['negative_count', 'data.ups'],
      ['invalid_field', 'data.author'],
      ['missing_id', 'data.id'],
    ],
  },
  {
    file: 'reddit/huge.json',
    content: `{"kind":"Listing","data":{"children":[${Array.from({ length: HUGE_ELEMENTS }, (_, n) => child(n)).join(',\n')}]}}`,
    silver: Array.from({ length: HUGE_ELEMENTS }, (_, n) => `huge${n}`),
  },
  {
    file: 'reddit/broken.json',
    content: `{"kind":"Listing","data":{"children":[${child(-1)},{"kind":`,
    rejected: [['broken_record', /^not JSON: .* at byte \d+ of \d+$/]],
  },
]
