// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace msggw::function {

/// What the curl program got.
struct CurlAnswer {
  int status = 0;  ///< 0: no answer
  std::string version;
  std::string headers;
  std::string body;

  /// The value of a header, `name` in lower case; empty if it is absent.
  std::string header(const std::string& name) const {
    std::string lower = headers;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto at = lower.find("\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 3;
    return headers.substr(begin, headers.find_first_of("\r\n", begin) - begin);
  }
  /// The text of a JSON member whose value is a string without escapes.
  std::string member(const std::string& name) const {
    const auto at = body.find("\"" + name + "\":\"");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return body.substr(begin, body.find('"', begin) - begin);
  }
};

inline std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

inline std::string output_of(const std::string& command) {
  const auto close = [](FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string out;
  std::array<char, 4096> buffer;
  while (const auto got = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    out.append(buffer.data(), got);
  }
  return out;
}

/// Runs the curl program, for tests.
inline CurlAnswer curl(const std::vector<std::string>& arguments) {
  std::string command = "curl -s -i --max-time 20 -w '\\n%{http_code} %{http_version}' -H Expect:";
  for (const auto& argument : arguments) command += " " + shell_quoted(argument);
  const std::string out = output_of(command);
  CurlAnswer answer;
  const auto last_line = out.rfind('\n');
  if (last_line == std::string::npos) return answer;
  answer.status = std::atoi(out.c_str() + last_line + 1);
  answer.version = out.substr(out.rfind(' ') + 1);
  const auto end = out.find("\r\n\r\n");
  if (end == std::string::npos) return answer;
  answer.headers = out.substr(0, end);
  answer.body = out.substr(end + 4, last_line - end - 4);
  return answer;
}

}  // namespace msggw::function
