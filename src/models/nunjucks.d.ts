/** The part of nunjucks that renders models; the package brings no types of its own. */
declare module 'nunjucks' {
  namespace nunjucks {
    interface EnvironmentOptions {
      readonly autoescape?: boolean
      readonly throwOnUndefined?: boolean
      readonly dev?: boolean
    }
    class Environment {
      constructor(loader: null, options: EnvironmentOptions)
    }
    class Template {
      constructor(source: string, environment: Environment, path: string, eagerCompile: boolean)
      render(context: Readonly<Record<string, unknown>>): string
    }
    /** Gives lists and mappings the methods that Python's have; call it as a method. */
    function installJinjaCompat(): () => void
    /** A piece of a parsed template; which of these it has depends on what it is. */
    interface CompilerNode {
      readonly left: CompilerNode
      readonly right: CompilerNode
      readonly target: CompilerNode
      readonly cond: CompilerNode
      readonly body: CompilerNode
      readonly else_: CompilerNode | null
      readonly expr: CompilerNode
      readonly name: CompilerNode
      readonly ops: readonly { readonly type: string; readonly expr: CompilerNode }[]
    }
    /** Writes the JavaScript of a template. */
    interface Compiler {
      compile(node: CompilerNode, frame: unknown): void
      compileIf(node: CompilerNode, frame: unknown, isAsync?: boolean): void
      compileFor(node: CompilerNode, frame: unknown): void
      compileCompare(node: CompilerNode, frame: unknown): void
      _compileExpression(node: CompilerNode, frame: unknown): void
      _emit(code: string): void
      _emitLine(code: string): void
    }
    const compiler: { readonly Compiler: { readonly prototype: Compiler } }
    const nodes: { readonly Array: new () => CompilerNode }
    /** What the JavaScript of templates calls. */
    const runtime: Record<string, unknown> & {
      memberLookup(target: unknown, key: unknown, ...more: unknown[]): unknown
      fromIterator(value: unknown): unknown
    }
  }
  export = nunjucks
}
