/**
 * The walls of the house (see ARCHITECTURE.md). No exemption lists: a file that breaks a rule is moved or mended.
 *
 *   base <- api <- wire <- machinery <- runtime <- components     arrows point down
 */
const component = '^agents/(control-plane|node)/([^/]+)/'
const unit = '[.](test|contract)[.]ts$'
const pureRooms = '^(agents/(base|api|wire|machinery)|electron/contract)/'

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'A cycle means two rooms are one.', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'base-stands-alone', severity: 'error', from: { path: '^agents/base/' }, to: { path: '^(agents|electron|renderer|images|test)/', pathNot: '^agents/base/' } },
    { name: 'api-leans-on-base', severity: 'error', from: { path: '^agents/api/', pathNot: unit }, to: { path: '^(agents|electron|renderer|images|test)/', pathNot: '^agents/(base|api)/' } },
    { name: 'wire-leans-on-api', severity: 'error', from: { path: '^agents/wire/', pathNot: unit }, to: { path: '^(agents|electron|renderer|images|test)/', pathNot: '^agents/(base|api|wire)/' } },
    { name: 'machinery-leans-on-wire', severity: 'error', from: { path: '^agents/machinery/', pathNot: unit }, to: { path: '^(agents|electron|renderer|images|test)/', pathNot: '^agents/(base|api|wire|machinery)/' } },
    { name: 'runtime-leans-on-machinery', severity: 'error', from: { path: '^agents/runtime/', pathNot: unit }, to: { path: '^(agents|electron|renderer|images|test)/', pathNot: '^agents/(base|api|wire|machinery|runtime)/' } },
    { name: 'agents-know-no-desktop', severity: 'error', from: { path: '^agents/', pathNot: unit }, to: { path: '^(electron|renderer|images|test)/' } },
    { name: 'components-meet-on-the-wire', severity: 'error', comment: 'Two components talk over the API or CRI, as they would on two machines.', from: { path: component }, to: { path: component, pathNot: ['^agents/$1/$2/', '^agents/node/os/'] } },
    { name: 'nobody-imports-an-edge', severity: 'error', comment: 'An edge is a program: main, config, sockets, wiring.', from: { pathNot: ['/edge/', '^build/', unit] }, to: { path: '/edge/' } },
    { name: 'pure-rooms-know-no-node', severity: 'error', comment: 'Inputs in, decisions out; transports are injected.', from: { path: pureRooms, pathNot: [unit, '/node/', '^agents/wire/(cri|streaming)/'] }, to: { dependencyTypes: ['core'] } },
    { name: 'only-the-shell-knows-electron', severity: 'error', from: { pathNot: '^electron/(shell|preload)/' }, to: { path: '(^|/)node_modules/electron/' } },
    { name: 'contract-stands-alone', severity: 'error', from: { path: '^electron/contract/', pathNot: unit }, to: { path: '^(agents|electron|renderer|images|test)/', pathNot: '^electron/contract/' } },
    { name: 'labhost-rooms-are-composed-by-lab', severity: 'error', from: { path: '^electron/labhost/(machines|provision|network|components|images)/', pathNot: unit }, to: { path: '^electron/labhost/', pathNot: ['^electron/labhost/$1/', '^electron/labhost/files/'] } },
    { name: 'labhost-knows-no-window', severity: 'error', from: { path: '^electron/labhost/' }, to: { path: '^(electron/(shell|preload|cli)|renderer)/' } },
    { name: 'controllers-do-not-share', severity: 'error', from: { path: '^agents/control-plane/[^/]+/controllers/([^/]+)/', pathNot: unit }, to: { path: '^agents/control-plane/[^/]+/controllers/([^/]+)/', pathNot: '^agents/control-plane/[^/]+/controllers/$1/' } },
    { name: 'plugins-do-not-share', severity: 'error', from: { path: '^agents/control-plane/scheduler/plugins/([^/]+)', pathNot: unit }, to: { path: '^agents/control-plane/scheduler/plugins/', pathNot: '^agents/control-plane/scheduler/plugins/$1' } },
    { name: 'views-do-not-share', severity: 'error', from: { path: '^renderer/views/([^/]+)/' }, to: { path: '^renderer/views/', pathNot: '^renderer/views/$1/' } },
    { name: 'only-the-bridge-knows-the-transport', severity: 'error', from: { path: '^renderer/(views|parts|stores|terminal|app|lib)/', pathNot: [unit, '^renderer/app/main[.]ts$'] }, to: { path: '^renderer/bridge/.*transport' } },
    { name: 'renderer-knows-only-the-contract', severity: 'error', from: { path: '^renderer/', pathNot: unit }, to: { path: '^(agents|images|test|electron)/', pathNot: '^electron/contract/' } },
    { name: 'nothing-imports-tests-or-images', severity: 'error', from: { path: '^(agents|electron|renderer)/', pathNot: [unit] }, to: { path: '^(test|images)/', pathNot: '^images/[^/]+/build[.]ts$' } },
    { name: 'no-rooms-of-leftovers', severity: 'error', from: {}, to: { path: '^(agents|electron|renderer|images|build)/.*(utils?|helpers?|common|misc)([./])', pathNot: 'node_modules' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/|^coverage/' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.vue', '.json'] },
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
