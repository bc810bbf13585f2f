import nunjucks from 'nunjucks'
import type { Compiler, CompilerNode } from 'nunjucks'

/** Below an expression of a template. */
type Emit = (this: Compiler, node: CompilerNode, frame: unknown) => void

let isInstalled = false

/**
 * Gives templates Python's ideas of values, where nunjucks has JavaScript's: what is empty is false, `+` joins lists, `*`
 * repeats, `==` compares what lists hold, a loop over a mapping has its keys, texts have Python's methods. What would come
 * out otherwise without a word (`%` on text, text `+` number) is an error.
 */
export function installPythonValues(): void {
  if (isInstalled) return
  isInstalled = true
  // Lists and mappings get the methods that Python's have.
  nunjucks.installJinjaCompat()
  const { runtime, nodes } = nunjucks
  const { prototype } = nunjucks.compiler.Compiler
  const {
    compileIf,
    compileFor,
    _compileExpression: compileExpression,
    _emitLine: emitLine,
  } = prototype
  const { memberLookup, fromIterator } = runtime
  Object.assign(runtime, { truthy, either, both, plus, times, modulo, equal })
  runtime['keysOrItems'] = (value: unknown) =>
    isMapping(value) ? Object.keys(value) : fromIterator(value)
  runtime.memberLookup = function (target: unknown, key: unknown, ...more: unknown[]) {
    const method = typeof target === 'string' ? TEXT_METHODS[String(key)] : undefined
    if (method !== undefined && more.length < 2) {
      return (...given: string[]) => method(target as string, ...given)
    }
    return memberLookup.call(this, target, key, ...more)
  }

  const call = (name: string, isLazy = false): Emit =>
    function (node, frame) {
      this._emit(`runtime.${name}(`)
      this.compile(node.left, frame)
      this._emit(isLazy ? ', () => (' : ', ')
      this.compile(node.right, frame)
      this._emit(isLazy ? '))' : ')')
    }
  const operators: Record<string, Emit> = {
    compileOr: call('either', true),
    compileAnd: call('both', true),
    compileAdd: call('plus'),
    compileMul: call('times'),
    compileMod: call('modulo'),
    compileNot(node, frame) {
      this._emit('!runtime.truthy(')
      this.compile(node.target, frame)
      this._emit(')')
    },
    compileInlineIf(node, frame) {
      this._emit('(runtime.truthy(')
      this.compile(node.cond, frame)
      this._emit(') ? ')
      this.compile(node.body, frame)
      this._emit(' : ')
      if (node.else_ === null) this._emit('""')
      else this.compile(node.else_, frame)
      this._emit(')')
    },
  }
  Object.assign(prototype, operators)
  const compare = prototype.compileCompare
  prototype.compileCompare = function (node, frame) {
    const [only, second] = node.ops
    if (second !== undefined || !['==', '!='].includes(only?.type ?? '')) {
      return compare.call(this, node, frame)
    }
    this._emit(`${only!.type === '!=' ? '!' : ''}runtime.equal(`)
    this.compile(node.expr, frame)
    this._emit(', ')
    this.compile(only!.expr, frame)
    this._emit(')')
  }
  prototype.compileIf = function (node, frame, isAsync) {
    // The condition is the first expression that it compiles.
    this._compileExpression = (first, its) => {
      this._compileExpression = compileExpression
      this._emit('runtime.truthy(')
      this._compileExpression(first, its)
      this._emit(')')
    }
    compileIf.call(this, node, frame, isAsync)
  }
  prototype.compileFor = function (node, frame) {
    const before = this._emitLine
    const isPair = node.name instanceof nodes.Array
    this._emitLine = (line) =>
      emitLine.call(
        this,
        isPair ? line : line.replace('runtime.fromIterator(', 'runtime.keysOrItems('),
      )
    compileFor.call(this, node, frame)
    this._emitLine = before
  }
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)

function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isMapping(value) ? Object.keys(value).length > 0 : Boolean(value)
}

const either = (one: unknown, other: () => unknown): unknown => (truthy(one) ? one : other())
const both = (one: unknown, other: () => unknown): unknown => (truthy(one) ? other() : one)

function plus(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other))
    return [...(one as unknown[]), ...(other as unknown[])]
  if (typeof one === typeof other || typeof one === 'object' || typeof other === 'object') {
    if (!Array.isArray(one) && !Array.isArray(other)) return (one as number) + (other as number)
  }
  throw new TypeError(
    `${kindOf(one)} + ${kindOf(other)}: texts are joined by ~, lists by + with a list`,
  )
}

function times(one: unknown, other: unknown): unknown {
  if (typeof one === 'string' && typeof other === 'number') return one.repeat(Math.max(0, other))
  if (Array.isArray(one) && typeof other === 'number') {
    return Array.from({ length: Math.max(0, other) }, () => one as unknown[]).flat()
  }
  return (one as number) * (other as number)
}

function modulo(one: unknown, other: unknown): number {
  if (typeof one !== 'string') return (one as number) % (other as number)
  throw new TypeError("'%' with a text on its left: join texts by ~")
}

function equal(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => equal(item, other[at]))
  }
  if (isMapping(one) && isMapping(other)) {
    const keys = Object.keys(one)
    return (
      keys.length === Object.keys(other).length && keys.every((key) => equal(one[key], other[key]))
    )
  }
  // What is no text may be a stand-in for one.
  if (typeof one === 'object' || typeof other === 'object') return one == other
  return one === other || (typeof one === 'boolean' && Number(one) === other)
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : `a ${typeof value}`)

/** Python's methods of texts that templates of dbt projects use. */
const TEXT_METHODS: Readonly<Record<string, (text: string, ...given: string[]) => unknown>> = {
  __proto__: null as never,
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  strip: (text) => text.trim(),
  lstrip: (text) => text.trimStart(),
  rstrip: (text) => text.trimEnd(),
  startswith: (text, start = '') => text.startsWith(start),
  endswith: (text, end = '') => text.endsWith(end),
  replace: (text, from = '', to = '') => text.replaceAll(from, () => to),
  split: (text, by) => (by === undefined ? text.trim().split(/\s+/) : text.split(by)),
  join: (text, parts) => (parts as unknown as readonly string[]).join(text),
}
