/** HTTP/2 limits of our gRPC connections, both ends. The defaults are made for web pages: small and many. */
export const sessionSettings = {
  settings: { initialWindowSize: 1024 * 1024, maxFrameSize: 64 * 1024 },
  connectionWindowBytes: 8 * 1024 * 1024,
  /** Above this a session refuses new streams; one store answer may be tens of megabytes. */
  maxSessionMemoryMegabytes: 1024,
} as const
