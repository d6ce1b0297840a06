/**
 * `node images/node/lock-packages.ts` pins the worker image to the Debian packages that the suite has now: reads the
 * mirror's signed lists, writes packages.lock.json and tells what changed in it. Needs apt and mmdebstrap, no root.
 * The mirror is found as for a build (BS2); its name is not written down.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asBuildError, BuildError } from '../build/build-error.ts'
import { differencesText, lockFile, packageDifferences, readLock, readOldLock, renderLock, type PackageSet } from './packages-lock.ts'
import { kernelPackage } from './recipe.ts'
import { resolvePackages } from './steps/apt-lists.ts'
import { debianMirror, lockedRecipe, sourceOf } from './steps/base-system.ts'
import { findBaseMode } from './steps/base-mode.ts'
import { writeRepository } from './steps/local-repository.ts'

async function lockPackages(): Promise<string> {
  const path = join(import.meta.dirname, lockFile)
  const folder = await mkdtemp(join(tmpdir(), 'kubarium-lock-'))
  try {
    const source = await sourceOf(await debianMirror(process.env, file => readFile(file, 'utf8')), await findBaseMode(), undefined)
    const [repository, state] = [join(folder, 'repository'), join(folder, 'apt')]
    for (const part of [repository, state]) await mkdir(part)
    await writeRepository(repository, [], lockedRecipe.suite)
    const now = await resolvePackages({ folder: state, source, repository, local: [], recipe: lockedRecipe, kernelMetapackage: kernelPackage })
    const before = await readFile(path, 'utf8').then(readOldLock, (): PackageSet => ({ installed: [], unpacked: [] }))
    const text = renderLock({ suite: lockedRecipe.suite, architecture: lockedRecipe.architecture, ...now })
    readLock(text, lockedRecipe)
    await writeFile(path, text)
    const differences = packageDifferences(before, now)
    return differences.length === 0 ? `${lockFile} is what the suite has now.` : `${lockFile} is written. Changed: ${differencesText(differences)}`
  } finally {
    await rm(folder, { recursive: true })
  }
}

try {
  process.stdout.write(`${await lockPackages()}\n`)
} catch (error) {
  process.stderr.write(`${(error instanceof BuildError ? error : asBuildError(error, tmpdir())).message}\n`)
  process.exitCode = 1
}
