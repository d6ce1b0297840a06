import { expect, test } from 'vitest'
import type { ResourceKind } from '../../electron/contract/resources.ts'
import { findLinks } from './find-links.ts'

const kind = (name: string, resource: string, group: string, shortNames: readonly string[] = []): ResourceKind => ({ group, version: 'v1', resource, kind: name, namespaced: true, shortNames, categories: [], verbs: [], subresources: [] })
const sources = { kinds: [kind('Pod', 'pods', '', ['po']), kind('Deployment', 'deployments', 'apps', ['deploy']), kind('Node', 'nodes', '')], hosts: ['172.30.0.11'] }
const shown = (line: string) => findLinks(line, sources).map(link => `${line.slice(link.start, link.end)} > ${'address' in link ? link.address : `${link.kind.kind} ${link.name}`}`)

test('LK1 addresses of this machine and of the lab, without the sentence around them', () => {
  expect(shown('Open http://127.0.0.1:8080/a?b=1#c, (https://172.30.0.11:30080/x) or http://localhost:1.')).toEqual(['http://127.0.0.1:8080/a?b=1#c > http://127.0.0.1:8080/a?b=1#c', 'https://172.30.0.11:30080/x > https://172.30.0.11:30080/x', 'http://localhost:1 > http://localhost:1'])
  expect(shown('https://example.test/x http://127.0.0.1.example.test http://127.0.0.1@example.test/ http://[nonsense')).toEqual([])
})

test('LK2 objects of kinds that the server has', () => {
  expect(shown('pod/web-1 created; deployment.apps/web scaled, deploy/web, po/a.b nodes/node-1.')).toEqual(['pod/web-1 > Pod web-1', 'deployment.apps/web > Deployment web', 'deploy/web > Deployment web', 'po/a.b > Pod a.b', 'nodes/node-1 > Node node-1'])
  expect(shown('deployment.v1.apps/web')).toEqual(['deployment.v1.apps/web > Deployment web'])
  expect(shown('widget/one and/or text/html deployment.extensions/web')).toEqual([])
})

test('LK3 parts of paths and addresses are no objects', () => {
  expect(shown('/var/log/pods/web and pods/web/log and ./pod/web and registry:5000/pod/web')).toEqual([])
  expect(shown('http://127.0.0.1/pod/web https://example.test/?=pod/web')).toEqual(['http://127.0.0.1/pod/web > http://127.0.0.1/pod/web'])
})
