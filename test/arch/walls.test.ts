/** The walls of the house hold: import rules, lint, types, file names. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const rooms = ['agents', 'electron', 'images', 'renderer', 'build'].filter(room => existsSync(join(root, room)))

function check(program: string, argv: readonly string[]): string {
  const result = spawnSync(bin(program), argv, { cwd: root, encoding: 'utf8', maxBuffer: 32 << 20 })
  return result.status === 0 ? '' : `${result.stdout}${result.stderr}`
}

describe('walls', () => {
  test('import rules', { timeout: 120_000 }, () => {
    expect(check('depcruise', [...rooms, '--config', '.dependency-cruiser.cjs', '--output-type', 'err'])).toBe('')
  })
  test('lint', { timeout: 120_000 }, () => {
    expect(check('oxlint', ['--type-aware', '--quiet', ...rooms, 'test'])).toBe('')
  })
  test('types', { timeout: 120_000 }, () => {
    expect(check('tsc', ['-p', '.'])).toBe('')
  })
  test('types of the GUI', { timeout: 240_000 }, ({ skip }) => {
    if (!existsSync(join(root, 'renderer', 'tsconfig.json'))) skip('there is no renderer yet')
    expect(check('vue-tsc', ['-p', 'renderer', '--noEmit'])).toBe('')
  })

  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)

  test('source files are kebab-case, Vue files PascalCase', () => {
    const wrong = files.filter(file => /\.(ts|vue)$/.test(file)).filter(file => {
      const name = file.slice(file.lastIndexOf('/') + 1)
      return file.endsWith('.vue') ? !/^([A-Z][a-z0-9]*){2,}\.vue$/.test(name) : !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.ts$/.test(name)
    })
    expect(wrong).toEqual([])
  })

  test('every room says what it is', () => {
    const wanted = files.filter(file => /^(agents\/(control-plane|node)\/[^/]+|agents\/[^/]+|electron\/[^/]+|images\/[^/]+|renderer)\/[^/]+/.test(file)).map(file => /^(agents\/(?:control-plane|node)\/[^/]+|agents\/[^/]+|electron\/[^/]+|images\/[^/]+|renderer)\//.exec(file)![1]!)
    const lacking = [...new Set(wanted)].filter(room => !['agents/control-plane', 'agents/node'].includes(room) && !existsSync(join(root, room, 'README.md')))
    expect(lacking).toEqual([])
  })

  test('generated types are those of the definitions', async () => {
    const { renderTypes } = await import('../../build/generate-types.ts')
    const { readFileSync } = await import('node:fs')
    const definitions = JSON.parse(readFileSync(join(root, 'agents/api/schema/definitions.json'), 'utf8')) as never
    const stale = [...renderTypes(definitions)].filter(([folder, text]) => readFileSync(join(root, 'agents/api/groups', folder, 'types.ts'), 'utf8') !== text).map(([folder]) => folder)
    expect(stale).toEqual([])
  })
})
