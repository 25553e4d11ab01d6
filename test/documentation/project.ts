import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';
import ts from 'typescript';
import tsupOptions from '../../tsup.config.ts';
import type { Block, Page } from './pages.ts';

/**
 * A host's project with flyball installed in it as it is published. It lies below the repository's node_modules, so
 * that it finds what flyball depends on.
 */
export class Project {
  readonly folder: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.folder = join(root, 'node_modules/.cache', `flyball-documentation-${process.pid}`);
  }

  /** Builds flyball and installs it. */
  async install(): Promise<void> {
    const installed = join(this.folder, 'node_modules/flyball');
    mkdirSync(installed, { recursive: true });
    const { name, version, type, exports } = JSON.parse(
      readFileSync(join(this.#root, 'package.json'), 'utf8'),
    );
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, version, type, exports }));
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await build({
      ...tsupOptions,
      outDir: join(installed, 'dist'),
      config: false,
      dts: false,
      sourcemap: false,
      silent: true,
    });
  }

  /** A module of the installed flyball, as the blocks import it. */
  module(path: string): Promise<Record<string, unknown>> {
    return import(join(this.folder, 'node_modules/flyball/dist', `${path}.js`));
  }

  /** Writes a page's blocks as files, TypeScript also as the JavaScript that Node runs. */
  write(page: Page): void {
    mkdirSync(join(this.folder, folderOf(page)), { recursive: true });
    for (const block of page.blocks) {
      writeFileSync(this.source(page, block), block.code);
      if (block.language === 'ts') writeFileSync(this.executable(page, block), compile(block.code));
    }
  }

  source(page: Page, { at, name, language }: Block): string {
    return join(this.folder, folderOf(page), name ?? `${at.replaceAll(/\W/g, '-')}.${language}`);
  }

  executable(page: Page, block: Block): string {
    return this.source(page, block).replace(/\.ts$/, '.js');
  }

  /** What the compiler has to say of TypeScript files, against flyball's sources. */
  check(files: readonly string[]): string[] {
    const path = join(this.#root, 'tsconfig.json');
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(path, ts.sys.readFile).config,
      ts.sys,
      this.#root,
    );
    const program = ts.createProgram(files, {
      ...options,
      isolatedDeclarations: false,
      declaration: false,
      moduleDetection: ts.ModuleDetectionKind.Force,
    });
    return files
      .map((file) => program.getSourceFile(file))
      .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
      .map(({ file, start = 0, messageText }) => {
        const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
        return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function folderOf({ name }: Page): string {
  return name.replaceAll(/\W/g, '-');
}

function compile(source: string): string {
  return ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText;
}
