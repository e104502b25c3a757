// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/traffic/lines.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "gateway/base/json.h"

namespace msggw::traffic {

namespace {

constexpr base::DocumentLimits kLimits{.octets = 1 << 20, .depth = 16, .items = 10'000};

std::string text_of(const boost::json::object& line) {
  std::string text;
  base::append_json(text, line);
  return text += '\n';
}

}  // namespace

Ledger::Ledger(const std::string& file) {
  if (file.empty()) return;
  file_.reset(std::fopen(file.c_str(), "ae"));
  if (!file_) throw std::runtime_error("--ledger " + file + ": " + std::strerror(errno));
}

void Ledger::add(const boost::json::object& line) {
  if (!file_) return;
  const std::string text = text_of(line);
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() ||
      std::fflush(file_.get()) != 0)
    throw std::runtime_error(std::string("--ledger: ") + std::strerror(errno));
}

void Ledger::read(const std::string& file,
                  const std::function<void(const boost::json::object&)>& line) {
  std::ifstream in(file, std::ios::binary);
  std::uintmax_t whole = 0;
  for (std::string text; std::getline(in, text) && !in.eof(); whole += text.size() + 1) {
    const auto value = base::parse_json(text, kLimits);
    if (!value || !value->is_object())
      throw std::runtime_error("--ledger " + file + ": a line is no JSON object");
    line(value->get_object());
  }
  std::error_code ignored;
  std::filesystem::resize_file(file, whole, ignored);
}

std::optional<std::vector<boost::json::object>> Commands::take() {
  std::array<char, 4'096> room;
  const ssize_t got = ::read(fd(), room.data(), room.size());
  if (got <= 0) return std::nullopt;
  rest_.append(room.data(), static_cast<std::size_t>(got));
  std::vector<boost::json::object> all;
  for (std::size_t end; (end = rest_.find('\n')) != rest_.npos; rest_.erase(0, end + 1)) {
    auto value = base::parse_json(std::string_view(rest_).substr(0, end), kLimits);
    if (!value || !value->is_object()) throw std::runtime_error("a command is a JSON object");
    all.push_back(std::move(value->get_object()));
  }
  return all;
}

void say(const boost::json::object& line) {
  std::fputs(text_of(line).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace msggw::traffic
