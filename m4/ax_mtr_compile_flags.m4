dnl SPDX-License-Identifier: MIT
dnl AX_MTR_COMPILE_FLAGS(VARIABLE, FLAGS...)
dnl Append to VARIABLE each of the arguments with which the C compiler compiles
dnl and links without a warning.
AC_DEFUN([AX_MTR_COMPILE_FLAGS], [
m4_foreach([mtr_flags], m4_dquote(m4_shift($@)), [
	AC_MSG_CHECKING([whether $CC takes ]mtr_flags)
	mtr_kept_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror ]mtr_flags["
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes])
		 $1="$$1 ]mtr_flags["],
		[AC_MSG_RESULT([no])])
	CFLAGS=$mtr_kept_CFLAGS
])
AC_SUBST([$1])
])
