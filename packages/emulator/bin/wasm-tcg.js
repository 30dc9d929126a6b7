#!/usr/bin/env node
// A committed file, so that the command can be linked before anything is built.
import '../dist/cli/main.js';
