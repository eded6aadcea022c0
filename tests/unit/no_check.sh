#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for the unit tests where Check was not found.
. "$MTR_SRC/tests/lib.sh"

skip "the unit tests need Check (https://libcheck.github.io/check)"
