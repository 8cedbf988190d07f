{
  "targets": [
    {
      "target_name": "spaces_reader",
      "sources": [
        "addon.cc",
        "check.cc",
        "columns.cc",
        "control.cc",
        "convert.cc",
        "convert_leaks.cc",
        "convert_source.cc",
        "convert_views.cc",
        "damage.cc",
        "decode.cc",
        "file_memory.cc",
        "heap_map.cc",
        "heuristics.cc",
        "image_memory.cc",
        "leak_report.cc",
        "leaks.cc",
        "live_blocks.cc",
        "look.cc",
        "picture.cc",
        "process_memory.cc",
        "query.cc",
        "roots.cc",
        "session.cc",
        "session_views.cc",
        "snapshot.cc",
        "window.cc",
        "../src/walker.c",
        "../src/walker_bytes.c",
        "../src/walker_header.c",
        "../src/walker_lists.c",
        "../src/walker_mixed.c",
        "../src/walker_records.c"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS"],
      "cflags": ["-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "cflags!": ["-O3"],
      "cflags_c": ["-std=c11"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-fno-rtti", "-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "ldflags": ["-Wl,--exclude-libs,ALL"]
    }
  ]
}
