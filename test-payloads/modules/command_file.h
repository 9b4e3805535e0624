/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file in /proc that takes a command a write, and whose reads give what the
 * last command of that open file answered.
 */
#ifndef COMMAND_FILE_H
#define COMMAND_FILE_H

#include <linux/fs.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define COMMAND_MAX	256
#define COMMAND_ANSWER_MAX	128

/*
 * Carries a command out; the module defines it. Puts an answer of at most
 * COMMAND_ANSWER_MAX bytes, with its terminator, into @answer and returns 0, or
 * returns the error that the write fails with.
 */
static int command_run(const char *command, char *answer);

static int command_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(COMMAND_ANSWER_MAX, GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static ssize_t command_write(struct file *file, const char __user *user,
			     size_t count, loff_t *pos)
{
	char *command;
	int err;

	if (count > COMMAND_MAX)
		return -EINVAL;
	command = memdup_user_nul(user, count);
	if (IS_ERR(command))
		return PTR_ERR(command);
	err = command_run(command, file->private_data);
	kfree(command);
	return err ?: count;
}

static ssize_t command_read(struct file *file, char __user *user, size_t count,
			    loff_t *pos)
{
	const char *answer = file->private_data;

	return simple_read_from_buffer(user, count, pos, answer, strlen(answer));
}

static int command_close(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct proc_ops command_proc_ops = {
	.proc_open = command_open,
	.proc_read = command_read,
	.proc_write = command_write,
	.proc_lseek = default_llseek,
	.proc_release = command_close,
};

/* Makes the file /proc/@name; remove_proc_entry() waits for its users. */
static int command_file_create(const char *name)
{
	return proc_create(name, 0600, NULL, &command_proc_ops) ? 0 : -ENOMEM;
}

#endif
