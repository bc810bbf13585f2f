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
  }
  export = nunjucks
}
