#pragma once

#include <cstddef>
#include <string_view>

namespace aurora {

/// A file of the dashboard as it is embedded in a program. All of it lives as long as the program.
struct page_file {
  std::string_view path;  ///< "/", "/assets/index-1a2b3c.js"
  std::string_view type;  ///< "text/html; charset=utf-8"
  std::string_view etag;  ///< W/"…", made from its bytes
  std::string_view gzip;  ///< its bytes, gzipped
  std::size_t size = 0;   ///< of them, not gzipped
};

}  // namespace aurora
