// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "gateway/base/json.h"

namespace msggw::fleet {
namespace {

constexpr std::size_t kScratchOctets = 4096;

std::string_view text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

const char* bearer_of(const Options& o) {
  if (o.coap.empty()) return o.security.tls ? "mqtts" : "mqtt";
  return o.security.dtls ? "coaps" : o.security.tls ? "coaps+tcp" : "coap";
}

}  // namespace

std::optional<Answer> parse_answer(std::string_view body) {
  unsigned char scratch[kScratchOctets];
  boost::json::monotonic_resource memory(scratch, sizeof scratch);
  boost::json::error_code error;
  const boost::json::value document = boost::json::parse(body, error, &memory);
  const boost::json::object* object = error ? nullptr : document.if_object();
  if (object == nullptr) return std::nullopt;
  Answer answer;
  answer.service_id = text_of(*object, "serviceId");
  answer.cause = text_of(*object, "cause");
  answer.state_word = text_of(*object, "state");
  if (const auto* after = object->if_contains("retryAfter");
      after != nullptr && after->is_int64() && after->get_int64() >= 0) {
    answer.retry_after = std::chrono::seconds(std::min<std::int64_t>(after->get_int64(), 86'400));
  }
  if (!answer.service_id.empty()) {
    answer.state = Answer::State::registered;
  } else if (answer.state_word == "pending") {
    answer.state = Answer::State::pending;
  } else if (answer.state_word != "refused") {
    return std::nullopt;
  }
  return answer;
}

Ledger::Ledger(const Options& o)
    : once_(!o.once.empty()), bearer_(bearer_of(o)), expecting_(!o.expect_file.empty()) {
  if (expecting_) {
    std::ifstream in(o.expect_file);
    std::string line;
    while (std::getline(in, line)) {
      const auto tab = line.find('\t');
      if (tab == line.npos) throw std::invalid_argument(o.expect_file + ": a line without a tab");
      expected_.insert_or_assign(line.substr(0, tab), line.substr(tab + 1));
    }
    if (!in.eof()) throw std::invalid_argument(o.expect_file + ": " + std::strerror(errno));
  }
  if (!o.ids_file.empty()) {
    ids_.reset(std::fopen(o.ids_file.c_str(), "we"));
    if (!ids_) throw std::invalid_argument(o.ids_file + ": " + std::strerror(errno));
  }
}

bool Ledger::told(std::string_view private_id, const Answer& answer, Instant after) {
  if (ids_) {
    std::fwrite(private_id.data(), 1, private_id.size(), ids_.get());
    std::fputc('\t', ids_.get());
    std::fwrite(answer.service_id.data(), 1, answer.service_id.size(), ids_.get());
    std::fputc('\n', ids_.get());
  }
  if (once_) {
    print_once(private_id, answer.service_id,
               answer.state_word.empty() ? "registered" : std::string_view(answer.state_word),
               after);
  }
  if (!expecting_) return true;
  const auto found = expected_.find(private_id);
  return found != expected_.end() && found->second == answer.service_id;
}

void Ledger::not_told(std::string_view private_id, std::string_view state, Instant after) {
  if (once_) print_once(private_id, {}, state, after);
}

void Ledger::print_once(std::string_view private_id, std::string_view service_id,
                        std::string_view state, Instant after) {
  std::string line = "{\"privateId\":";
  base::append_json_string(line, private_id);
  line += ",\"bearer\":\"" + bearer_ + "\",\"serviceId\":";
  if (service_id.empty())
    line += "null";
  else
    base::append_json_string(line, service_id);
  line += ",\"state\":";
  base::append_json_string(line, state);
  line += fmt::format(",\"ms\":{:.2f}}}", std::chrono::duration<double, std::milli>(after).count());
  std::puts(line.c_str());
  std::fflush(stdout);
}

void Ledger::finish() {
  if (ids_ && (std::fflush(ids_.get()) != 0 || std::ferror(ids_.get()) != 0)) {
    throw std::runtime_error(std::string("--ids: ") + std::strerror(errno));
  }
}

}  // namespace msggw::fleet
