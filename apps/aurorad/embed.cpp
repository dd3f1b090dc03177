// Turns the files of a built page into a C++ source: aurora_embed DIRECTORY SOURCE. The same files
// make the same source, byte by byte.
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string type_of(const std::string& extension) {
  static const std::map<std::string, std::string> types{{".html", "text/html; charset=utf-8"},
                                                        {".js", "text/javascript; charset=utf-8"},
                                                        {".css", "text/css; charset=utf-8"},
                                                        {".json", "application/json"},
                                                        {".svg", "image/svg+xml"},
                                                        {".png", "image/png"},
                                                        {".ico", "image/x-icon"},
                                                        {".woff2", "font/woff2"},
                                                        {".txt", "text/plain; charset=utf-8"}};
  const auto found = types.find(extension);
  if (found == types.end()) throw std::runtime_error("no media type is known for " + extension);
  return found->second;
}

/// Where the server finds it: its routes are "/" and "/assets/{name}".
std::string path_of(const fs::path& relative) {
  const std::string text = relative.generic_string();
  if (text == "index.html") return "/";
  if (text.starts_with("assets/") && text.find('/', 7) == text.npos) return "/" + text;
  throw std::runtime_error(text + " has no route: only index.html and assets/* are served");
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// With a header that tells neither time nor system.
std::string gzipped(const std::string& bytes) {
  z_stream state{};
  constexpr int gzip = 16 + MAX_WBITS, memory = 9;
  if (deflateInit2(&state, Z_BEST_COMPRESSION, Z_DEFLATED, gzip, memory, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::runtime_error("zlib cannot be set up");
  std::string out(deflateBound(&state, bytes.size()), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&state, Z_FINISH) == Z_STREAM_END;
  out.resize(state.total_out);
  deflateEnd(&state);
  if (!done) throw std::runtime_error("zlib cannot compress");
  return out;
}

std::string etag_of(const std::string& bytes) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  const auto size = static_cast<uInt>(bytes.size());
  char text[48];
  std::snprintf(text, sizeof text, "W/\\\"%08lx%08lx%x\\\"", crc32(0, data, size),
                adler32(1, data, size), size);
  return text;
}

void write_array(std::ostream& to, std::size_t number, const std::string& bytes) {
  to << "constexpr char bytes_" << number << "[] = {";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 24 == 0) to << '\n';
    to << static_cast<int>(bytes[i]) << ',';
  }
  to << "};\n";
}

std::string source_of(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& each : fs::recursive_directory_iterator(directory))
    if (each.is_regular_file()) files.push_back(each.path());
  std::sort(files.begin(), files.end());
  std::ostringstream arrays, table;
  bool has_index = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto path = path_of(fs::relative(files[i], directory));
    const auto bytes = bytes_of(files[i]);
    has_index = has_index || path == "/";
    write_array(arrays, i, gzipped(bytes));
    table << "    {\"" << path << "\", \"" << type_of(files[i].extension().string()) << "\", \""
          << etag_of(bytes) << "\", {bytes_" << i << ", sizeof bytes_" << i << "}, " << bytes.size()
          << "},\n";
  }
  if (!has_index) throw std::runtime_error("there is no index.html in " + directory.string());
  return "#include \"page.hpp\"\n\nnamespace {\n" + arrays.str() +
         "constexpr aurora::page_file files[] = {\n" + table.str() +
         "};\n}  // namespace\n\nstd::span<const aurora::page_file> embedded_page() { return "
         "files; }\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: aurora_embed DIRECTORY SOURCE\n";
    return 2;
  }
  try {
    std::ofstream out(argv[2], std::ios::binary);
    out << source_of(argv[1]);
    out.close();
    if (!out) throw std::runtime_error(std::string("cannot write ") + argv[2]);
  } catch (const std::exception& fault) {
    std::cerr << "aurora_embed: " << fault.what() << '\n';
    std::remove(argv[2]);
    return 1;
  }
}
