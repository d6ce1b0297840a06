import { expect, test } from 'vitest'
import { baseMode, debianMirror, mirrorIn, versionsOf } from './base-system.ts'

test('BS1 root needs nothing; others need user namespaces or fakechroot', () => {
  expect(baseMode(true, { uidmap: false, fakechroot: false })).toBe('root')
  expect(baseMode(false, { uidmap: true, fakechroot: true })).toBe('unshare')
  expect(baseMode(false, { uidmap: false, fakechroot: true })).toBe('fakechroot')
  expect(baseMode(false, { uidmap: false, fakechroot: false })).toBeUndefined()
})

test('BS2 the environment wins, then the host\'s own sources, else nothing', async () => {
  const sources = (path: string): Promise<string> => (path.endsWith('.sources') ? Promise.reject(new Error('none')) : Promise.resolve('deb http://mirror.example/debian trixie main\n'))
  expect(await debianMirror({ KUBARIUM_DEBIAN_MIRROR: 'http://other/debian' }, sources)).toBe('http://other/debian')
  expect(await debianMirror({}, sources)).toBe('http://mirror.example/debian')
  expect(await debianMirror({}, () => Promise.reject(new Error('not Debian')))).toBeUndefined()
})

test.each([
  ['Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm', 'http://mirror.example/debian'],
  ['# deb http://commented/debian x\ndeb [arch=amd64 signed-by=/k] https://m.example/debian/ trixie main', 'https://m.example/debian/'],
  ['deb http://archive.ubuntu.example/ubuntu noble main', undefined],
  ['URIs: http://security.example/debian-security', undefined],
])('BS2 %j', (text, mirror) => {
  expect(mirrorIn(text)).toBe(mirror)
})

test('BS4 what dpkg has and what is only unpacked, sorted by package', () => {
  const status = 'Package: zlib1g\nStatus: install ok installed\nVersion: 1\nDescription: x\n more: text\n\nPackage: adduser\nVersion: 3.1\n'
  expect(Object.entries(versionsOf(status, [{ name: 'runit', version: '2' }]))).toEqual([['adduser', '3.1'], ['runit', '2'], ['zlib1g', '1']])
})
