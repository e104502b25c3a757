// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/load/book.h"

#include <utility>

#include "gateway/base/json.h"

namespace msggw::m5s {

namespace {

std::string_view text(const boost::json::object& line, std::string_view name) {
  const auto* const value = line.if_contains(name);
  return value == nullptr ? std::string_view() : base::text_of(*value).value_or("");
}

std::string name_of(std::string_view device, std::string_view message_id) {
  return std::string(device).append(" ").append(message_id);
}

}  // namespace

Book::Book(const std::string& ledger) : ledger_(ledger) {
  if (ledger.empty()) return;
  traffic::Ledger::read(ledger, [this](const boost::json::object& line) { read(line); });
}

void Book::read(const boost::json::object& line) {
  const std::string_view event = text(line, "event");
  const std::string_view id = text(line, "device");
  const std::string_view message_id = text(line, "id");
  if (event == "registered") {
    by_id_.emplace(id, static_cast<std::uint32_t>(ids_.size()));
    ids_.emplace_back(id);
    sent_.emplace_back();
    target_ = text(line, "target");
  } else if (event == "sent") {
    sent_[by_id_.at(std::string(id))] = {traffic::read_id(message_id).value(), true};
  } else if (event == "accepted" || event == "refused") {
    sent_[by_id_.at(std::string(id))].open = false;
  } else if (event == "got") {
    std::string name = name_of(id, message_id);
    if (line.at("report").as_bool() && !got_.contains(name)) owed_.insert(name);
    got_.insert(std::move(name));
  } else if (event == "reported") {
    owed_.erase(name_of(id, message_id));
  }
}

std::vector<Owed> Book::take_owed() {
  std::vector<Owed> all;
  for (const std::string& name : std::exchange(owed_, {})) {
    const std::size_t space = name.find(' ');
    all.push_back({by_id_.at(name.substr(0, space)), name.substr(space + 1)});
  }
  return all;
}

bool Book::add_device(std::string_view id, std::string_view target) {
  if (by_id_.contains(id)) return false;
  by_id_.emplace(id, static_cast<std::uint32_t>(ids_.size()));
  ids_.emplace_back(id);
  target_ = target;
  note("registered", id, {}, {{"target", target}});
  return true;
}

std::optional<std::uint32_t> Book::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

void Book::sends(std::uint32_t device, const traffic::Stamp& stamp, const traffic::Plan& plan) {
  if (!is_kept()) return;
  traffic::write_id(stamp, name_);
  note("sent", ids_[device], name_,
       {{"report", plan.wants_report(stamp.number)}, {"high", plan.is_high(stamp.number)}});
}

void Book::taken(std::uint32_t device, const traffic::Stamp& stamp) {
  if (!is_kept()) return;
  traffic::write_id(stamp, name_);
  note("accepted", ids_[device], name_);
}

void Book::refused(std::uint32_t device, const traffic::Stamp& stamp, unsigned status) {
  if (!is_kept()) return;
  traffic::write_id(stamp, name_);
  note("refused", ids_[device], name_, {{"status", status}});
}

bool Book::got(std::string_view device, std::string_view message_id, bool wants_report,
               bool whole) {
  if (!is_kept()) return true;
  note("got", device, message_id, {{"report", wants_report}, {"whole", whole}});
  return got_.insert(name_of(device, message_id)).second;
}

void Book::got_text(std::string_view device, std::string_view message_id,
                    std::string_view content) {
  note("got", device, message_id, {{"report", false}, {"content", content}});
}

void Book::told(std::string_view device, std::string_view message_id, std::string_view status,
                std::string_view cause) {
  boost::json::object more{{"status", status}};
  if (!cause.empty()) more["cause"] = cause;
  note("told", device, message_id, std::move(more));
}

void Book::reported(const Owed& what, std::string_view status) {
  note("reported", ids_[what.device], what.message_id, {{"status", status}});
}

void Book::note(const char* event, std::string_view device, std::string_view message_id,
                boost::json::object more) {
  if (!is_kept()) return;
  boost::json::object line{{"event", event}, {"device", device}};
  if (!message_id.empty()) line["id"] = message_id;
  for (auto& [name, value] : more) line[name] = std::move(value);
  ledger_.add(line);
}

}  // namespace msggw::m5s
