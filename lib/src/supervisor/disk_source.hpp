#pragma once

#include <aurora/disk_source.hpp>
