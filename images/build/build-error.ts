/**
 * What can go wrong while images are made. Each message is one paragraph that says what happened and what to do.
 */
export type BuildFailure = 'tool-missing' | 'disk-full' | 'unsupported' | 'download-failed' | 'not-pinned' | 'cancelled' | 'failed'

export class BuildError extends Error {
  readonly reason: BuildFailure

  constructor(reason: BuildFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BuildError'
    this.reason = reason
  }
}

/** Debian package that brings each tool the builders call. */
const packageOf: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap', 'qemu-img': 'qemu-utils', 'mkfs.ext4': 'e2fsprogs', fakeroot: 'fakeroot', tar: 'tar', 'apt-get': 'apt', 'apt-cache': 'apt', '/usr/lib/apt/apt-helper': 'apt',
  'dpkg-deb': 'dpkg', cp: 'coreutils', 'qemu-system-x86_64': 'qemu-system-x86',
}

export function toolMissing(tool: string): BuildError {
  const name = packageOf[tool] ?? tool
  return new BuildError('tool-missing', `The program "${tool}" is needed to build images and was not found. Install it with: apt-get install ${name}`)
}

export function diskFull(place: string, neededBytes?: number): BuildError {
  const needed = neededBytes === undefined ? '' : ` About ${Math.ceil(neededBytes / 1e9)} GB must be free while images are built.`
  return new BuildError('disk-full', `The disk that holds ${place} is full.${needed} Free some space, or set KUBARIUM_HOME to a folder on a larger disk, and run the command again; nothing half-made was kept.`)
}

/** Turns anything thrown by a build step into a BuildError. */
export function asBuildError(error: unknown, place: string): BuildError {
  if (error instanceof BuildError) return error
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return diskFull(place)
  if (error instanceof Error && error.name === 'AbortError') return new BuildError('cancelled', 'The image build was cancelled; nothing half-made was kept.')
  return new BuildError('failed', error instanceof Error ? error.message : String(error), { cause: error })
}
