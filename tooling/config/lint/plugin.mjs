/** Lint rules of this repository that oxlint does not have: package boundaries and module-level state. */
import { posix } from 'node:path';
import { HOST_FOLDERS, NODE_ONLY_FOLDERS, PACKAGES, SEALED_FOLDERS, TEST_TOOLS } from './boundaries.mjs';

const SCOPE = '@wasm-tcg/';

/**
 * Where a file stands: `{ name: 'ir', path: 'ir/src/ops.ts', part: 'src' }` for `…/packages/ir/src/ops.ts`, or null
 * for files of no package.
 */
function locate(filename) {
  const path = filename.replaceAll('\\', '/');
  const start = path.lastIndexOf('/packages/');
  if (start < 0) return null;
  const inside = path.slice(start + '/packages/'.length);
  const [name, part] = inside.split('/');
  return name in PACKAGES ? { name, part, path: inside } : null;
}

const isIn = (path, folder) => path.startsWith(`${folder}/`);

/** Why `file` may not import `specifier`, or null when it may. */
export function importProblem(file, specifier, isDynamic) {
  if (specifier.startsWith('.')) return relativeProblem(file, specifier, isDynamic);
  const sealed = SEALED_FOLDERS.find(({ folder }) => isIn(file.path, folder));
  if (sealed) return `${sealed.folder} imports no package: ${sealed.why}`;
  if (specifier.startsWith(SCOPE)) {
    const [name, ...deep] = specifier.slice(SCOPE.length).split('/');
    if (deep.length > 0) return `import ${SCOPE}${name}, not a path inside it: only what its exports name is public`;
    if (name === file.name && file.part === 'test') return null;
    if (PACKAGES[file.name].includes(name)) return null;
    return `${file.name} may import ${PACKAGES[file.name].join(', ') || 'no package'}: see tooling/config/lint/boundaries.mjs`;
  }
  if (file.part === 'test') {
    const isTool = TEST_TOOLS.some((tool) => specifier === tool || specifier.startsWith(`${tool}/`));
    return isTool || specifier.startsWith('node:') ? null : `tests of packages use node: and ${TEST_TOOLS.join(', ')}`;
  }
  if (specifier.startsWith('node:') && HOST_FOLDERS.some((folder) => isIn(file.path, folder))) return null;
  if (specifier.startsWith('node:')) return `node: only in ${HOST_FOLDERS.join(', ')}: the rest runs in browsers too`;
  return 'packages have no dependencies outside this repository';
}

function relativeProblem(file, specifier, isDynamic) {
  const target = posix.join(posix.dirname(file.path), specifier);
  if (!isIn(target, file.name)) return `a relative import may not leave its package: import ${SCOPE}… and what it exports`;
  if (file.part === 'src' && !isIn(target, `${file.name}/src`)) return 'sources import sources only';
  for (const { folder, allow, why } of SEALED_FOLDERS) {
    if (!isIn(file.path, folder) || isIn(target, folder)) continue;
    if (!allow.some((path) => target === `${file.name}/src/${path}`)) return `${folder} is sealed: ${why}`;
  }
  if (file.part !== 'src' || isDynamic) return null;
  const host = NODE_ONLY_FOLDERS.find((folder) => isIn(target, folder) && !isIn(file.path, folder));
  if (host && !NODE_ONLY_FOLDERS.some((folder) => isIn(file.path, folder))) {
    return `${host} runs in Node only: import it dynamically, or browsers cannot load this module`;
  }
  return null;
}

/** `imports`: every static, re-exporting, dynamic and type import against the boundary table. */
const imports = {
  create(context) {
    const file = locate(context.filename);
    if (!file) return {};
    const check = (node, source, isDynamic) => {
      if (typeof source?.value !== 'string') return;
      const message = importProblem(file, source.value, isDynamic);
      if (message) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, false),
      ExportNamedDeclaration: (node) => check(node, node.source, false),
      ExportAllDeclaration: (node) => check(node, node.source, false),
      ImportExpression: (node) => check(node, node.source, true),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal ?? node.argument, false),
    };
  },
};

/** `no-module-state`: two machines run in one page, so a module holds no variable that changes. */
const noModuleState = {
  create(context) {
    const check = (node) => {
      const { parent } = node;
      const atTop = parent.type === 'Program' || (parent.type === 'ExportNamedDeclaration' && parent.parent.type === 'Program');
      if (atTop && !node.declare && (node.kind === 'let' || node.kind === 'var')) {
        context.report({ node, message: 'module-level state: put it into an object that a machine owns, or make it const' });
      }
    };
    return { VariableDeclaration: check };
  },
};

const RAM_NAME = /^_?(guest)?(ram|memory)$/i;

/** `no-ram-view`: a device reaches guest RAM through `ram.read/write/dma`, which check the code bitmap. */
const noRamView = {
  create(context) {
    return {
      MemberExpression(node) {
        if (node.computed || node.property.name !== 'buffer') return;
        const owner = node.object.type === 'MemberExpression' ? node.object.property.name : node.object.name;
        if (owner && RAM_NAME.test(owner)) {
          context.report({ node, message: 'a device holds no view of guest RAM: use ram.read/write/fill/dma, which see code pages' });
        }
      },
    };
  },
};

export default {
  meta: { name: 'wasm-tcg' },
  rules: { imports, 'no-module-state': noModuleState, 'no-ram-view': noRamView },
};
