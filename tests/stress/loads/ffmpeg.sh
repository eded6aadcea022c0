# SPDX-License-Identifier: MIT
# ffmpeg codes a test picture with threads, twice.

load() {
    need ffmpeg
    under ffmpeg -v error -nostdin -f lavfi -i testsrc=d=2:s=320x240 \
        -f lavfi -i sine=d=2 -c:v mpeg4 -threads 3 -c:a aac -bitexact \
        -flags +bitexact -f matroska o.mkv
    echo "exit status $?"
    under ffmpeg -v error -nostdin -i o.mkv -map 0:v -f framemd5 -bitexact - |
        cksum
    under ffmpeg -v error -nostdin -i o.mkv -vf scale=160:120 -c:v ffv1 \
        -bitexact -f rawvideo - | cksum
}
