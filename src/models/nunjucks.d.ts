/** The part of nunjucks that renders models; the package brings no types of its own. */
declare module 'nunjucks' {
  export interface EnvironmentOptions {
    readonly autoescape?: boolean
    readonly throwOnUndefined?: boolean
    readonly dev?: boolean
  }
  export class Environment {
    constructor(loader: null, options: EnvironmentOptions)
  }
  export class Template {
    constructor(source: string, environment: Environment, path: string, eagerCompile: boolean)
    render(context: Readonly<Record<string, unknown>>): string
  }
}
