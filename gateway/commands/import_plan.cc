// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/import_plan.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "gateway/admin/api.h"
#include "gateway/base/json.h"
#include "gateway/commands/operator_client.h"
#include "gateway/roster/credential_rows.h"

namespace msggw::commands {

ImportPlan::ImportPlan(std::istream& in, roster::Format format, std::size_t resume_from,
                       RowFailed row_failed, Rows rows)
    : records_(in, format),
      reader_(format),
      rows_(rows),
      resume_from_(resume_from),
      row_failed_(std::move(row_failed)) {}

void ImportPlan::read_header() {
  if (!reader_.wants_header()) return;
  const auto header = records_.next();
  if (!header) throw std::runtime_error("the list is empty; a header was expected");
  const auto read = !header->whole ? base::fail(base::Errc::malformed, "no CSV header")
                    : rows_ == Rows::credentials
                        ? roster::CredentialRowReader().read_header(header->text)
                        : reader_.read_header(header->text);
  if (!read)
    throw std::runtime_error("line " + std::to_string(header->line) + ": " + read.error().detail);
  header_ = std::string(header->text) + "\n";
  next_line_ = header->line + 1;
}

ImportPlan::Chunk* ImportPlan::next(Time now) {
  while (!at_end_ && stopped_.empty() && chunks_.size() < kMostUnderWay) {
    Chunk chunk = cut();
    if (chunk.lines.empty()) {
      fail_before(SIZE_MAX, chunk.broken, 0);
      continue;
    }
    chunk.since = now;
    return &chunks_.emplace_back(std::move(chunk));
  }
  return nullptr;
}

ImportPlan::Chunk ImportPlan::cut() {
  Chunk chunk;
  chunk.text = header_;
  while (chunk.lines.size() + chunk.broken.size() < admin::Api::kMostRows &&
         chunk.text.size() < kMostChunkOctets) {
    const auto record = records_.next();
    if (!record) {
      at_end_ = true;
      break;
    }
    next_line_ = record->line + 1;
    if (record->line < resume_from_) continue;
    if (!record->whole) {
      chunk.broken.push_back({record->line,
                              record->cut ? "too long" : "too long, or a quote that is not closed",
                              record->cut ? std::string() : std::string(record->text)});
      continue;
    }
    chunk.text.append(record->text).push_back('\n');
    chunk.lines.push_back(record->line);
    chunk.ends.push_back(chunk.text.size());
  }
  return chunk;
}

bool ImportPlan::answered(Chunk& chunk, const base::Result<http::ClientResponse>& answer,
                          Time now) {
  if (answer && answer->status == 200) {
    take(chunk, answer->body);
    return false;
  }
  const bool for_now = !answer || answer->status == 401 || answer->status == 503;
  if (for_now && now - chunk.since <= kGiveUpAfter) return true;
  give_up(answer ? reason_of(*answer) : answer.error().detail);
  return false;
}

void ImportPlan::take(Chunk& chunk, std::string_view body) {
  const auto answer = base::parse_json(body, {.octets = 16 << 20, .items = 100'000});
  const auto* rows = answer ? base::member(*answer, "rows") : nullptr;
  if (rows == nullptr || !rows->is_array() || rows->get_array().size() != chunk.lines.size())
    return give_up("the gateway's answer is not understood");
  std::size_t told = 0;
  for (std::size_t i = 0; i < chunk.lines.size(); ++i) {
    told = fail_before(chunk.lines[i], chunk.broken, told);
    const boost::json::value& row = rows->get_array()[i];
    const auto status = base::text_member(row, "status");
    if (status == "added") {
      ++counts_.added;
    } else if (status == "known") {
      ++counts_.known;
      if (base::member(row, "kept") != nullptr) ++counts_.kept;
    } else {
      const std::size_t begin = i == 0 ? header_.size() : chunk.ends[i - 1];
      fail(chunk.lines[i], base::text_member(row, "detail").value_or(""),
           std::string_view(chunk.text).substr(begin, chunk.ends[i] - 1 - begin));
    }
  }
  fail_before(SIZE_MAX, chunk.broken, told);
  chunks_.remove_if([&](const Chunk& other) { return &other == &chunk; });
}

std::size_t ImportPlan::fail_before(std::size_t line, const std::vector<Broken>& broken,
                                    std::size_t next) {
  for (; next < broken.size() && broken[next].line < line; ++next)
    fail(broken[next].line, broken[next].reason, broken[next].row);
  return next;
}

void ImportPlan::fail(std::size_t line, std::string_view reason, std::string_view row) {
  ++counts_.failed;
  row_failed_(line, reason, row);
}

void ImportPlan::stop(std::string why) {
  if (stopped_.empty()) stopped_ = std::move(why);
}

void ImportPlan::give_up(std::string why) {
  stop(std::move(why));
  gave_up_ = true;
}

bool ImportPlan::over() const noexcept {
  return (at_end_ || !stopped_.empty()) && (chunks_.empty() || gave_up_);
}

std::size_t ImportPlan::resume_line() const noexcept {
  std::size_t line = next_line_;
  for (const Chunk& chunk : chunks_) {
    line = std::min(line, chunk.lines.front());
    if (!chunk.broken.empty()) line = std::min(line, chunk.broken.front().line);
  }
  return line;
}

}  // namespace msggw::commands
