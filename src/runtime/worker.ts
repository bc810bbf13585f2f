// Where a worker thread finds what it does, in the repository as in the package. A static import would be left out of
// the package, which says of its modules that they do nothing by themselves.
await import('./serveChains.ts')
